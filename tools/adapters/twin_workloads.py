# SPDX-License-Identifier: Apache-2.0
"""Workloads of regatta as a Python programmer would write them, with C++'s answers.

Datasets are what regatta builds (workloads/dataset_parts.hpp): numbered parts in one buffer.
"""
import array
import asyncio
import http.client
import json
import re
import ssl
import struct
import threading
import time
import urllib.parse


class Parts:
    """The parts of a dataset, as views."""

    def __init__(self, dataset):
        self.view = memoryview(dataset)
        (self.count,) = struct.unpack_from("<Q", self.view)

    def __getitem__(self, number):
        offset, size = struct.unpack_from("<QQ", self.view, 8 + 16 * number)
        return self.view[offset:offset + size]


class Workload:
    computes = True  # rather than waits

    def __init__(self, dataset, opening):
        self.dataset = dataset
        self.parts = Parts(dataset)

    def input(self, index):
        raise NotImplementedError

    def run_input(self, index, data):
        """The item's answer, blocking."""
        raise NotImplementedError

    def run(self, index):
        return self.run_input(index, self.input(index))

    async def run_async(self, index):
        return self.run(index)

    async def close_async(self):
        pass


class Tokenize(Workload):
    """Byte-pair encoding: workloads/cpu/byte_pair.cpp."""

    LETTER, DIGIT, SPACE = rb"A-Za-z\x80-\xff", rb"0-9", rb" \t-\r"
    WORD = re.compile(b"|".join(
        [b" [%s]{1,63}|[%s]{1,64}" % (letters, letters)
         for letters in (LETTER, DIGIT, b"^" + LETTER + DIGIT + SPACE)]
        # Of several spaces the last belongs to the word after them.
        + [b"[%s]{1,63}(?= [^%s])|[%s]{1,64}" % (SPACE, SPACE, SPACE)]))

    def __init__(self, dataset, opening):
        super().__init__(dataset, opening)
        self.merges = {(left, right): merged for left, right, merged
                       in struct.iter_unpack("<III", self.parts[0]) if merged != 0}
        self.windows = list(struct.iter_unpack("<QQ", self.parts[2]))

    def input(self, index):
        offset, size = self.windows[index % len(self.windows)]
        return bytes(self.parts[1][offset:offset + size])

    def run_input(self, index, data):
        merged_of = self.merges.get
        none = 1 << 32
        tokens = array.array("I")
        for word in self.WORD.findall(data):
            pieces = list(word)
            merges = [merged_of(pair, none) for pair in zip(pieces, pieces[1:])]
            while merges:
                best = min(merges)
                if best == none:
                    break
                at = merges.index(best)
                pieces[at:at + 2] = [best]
                del merges[at]
                if at < len(merges):
                    merges[at] = merged_of((best, pieces[at + 1]), none)
                if at > 0:
                    merges[at - 1] = merged_of((pieces[at - 1], best), none)
            tokens.extend(pieces)
        return tokens.tobytes()


class WaitCompute(Workload):
    """Waits, then computes: workloads/mixed/wait_compute.cpp. The rounds are C++'s."""

    computes = False
    MASK = (1 << 64) - 1

    def __init__(self, dataset, opening):
        super().__init__(dataset, opening)
        self.wait_ns, self.rounds = struct.unpack_from("<QQ", self.parts[0])
        self.items = self.parts.count - 1

    def input(self, index):
        return bytes(self.parts[1 + index % self.items])

    def compute(self, data):
        words = struct.unpack(f"<{len(data) // 8}Q", data)
        mask = self.MASK
        total = 0
        for _ in range(self.rounds):
            total = 0
            for word in words:
                x = ((total ^ word) + 0x9E3779B97F4A7C15) & mask
                x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
                x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
                total = x ^ (x >> 31)
        return struct.pack("<Q", total)

    def run_input(self, index, data):
        time.sleep(self.wait_ns / 1e9)
        return self.compute(data)

    async def run_async(self, index):
        await asyncio.sleep(self.wait_ns / 1e9)
        return self.compute(self.input(index))


class LlmComplete(Workload):
    """One chat completion over HTTP: workloads/io/llm_complete.cpp."""

    computes = False
    TARGET = "/v1/chat/completions"

    def __init__(self, dataset, opening):
        super().__init__(dataset, opening)
        self.model = bytes(self.parts[0]).decode()
        (self.max_tokens,) = struct.unpack("<I", self.parts[1])
        self.prompts = self.parts.count - 2
        self.origin = urllib.parse.urlsplit(opening["endpoints"]["llm"])
        self.port = self.origin.port or (443 if self.origin.scheme == "https" else 80)
        self.headers = {"Content-Type": "application/json"}
        if opening.get("api_key"):
            self.headers["Authorization"] = "Bearer " + opening["api_key"]
        self.tls = ssl.create_default_context() if self.origin.scheme == "https" else None
        self.own = threading.local()
        self.idle = []  # connections of the event loop

    def input(self, index):
        return bytes(self.parts[2 + index % self.prompts])

    def body(self, data):
        return json.dumps({"model": self.model, "max_tokens": self.max_tokens, "messages": [
            {"role": "user", "content": data.decode(errors="replace")}]}).encode()

    def content(self, status, body):
        if status != 200:
            raise RuntimeError(f"the LLM answered {status}")
        return json.loads(body)["choices"][0]["message"]["content"].encode()

    def connect(self):
        kind = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
        more = {"context": self.tls} if self.tls else {}
        return kind(self.origin.hostname, self.port, timeout=60, **more)

    def run_input(self, index, data):
        link = getattr(self.own, "link", None)
        reused = link is not None
        if not reused:
            link = self.own.link = self.connect()
        try:
            link.request("POST", self.TARGET, self.body(data), self.headers)
            response = link.getresponse()
            return self.content(response.status, response.read())
        except (http.client.HTTPException, OSError):
            link.close()
            self.own.link = None
            if not reused:
                raise
        return self.run_input(index, data)  # a server may close an idle connection

    async def exchange(self, reader, writer, body):
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        writer.write(f"POST {self.TARGET} HTTP/1.1\r\nHost: {self.origin.netloc}\r\n{head}"
                     f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        answer = await reader.readexactly(int(fields["content-length"]))
        return int(lines[0].split()[1]), answer, fields.get("connection") != "close"

    async def run_async(self, index):
        body = self.body(self.input(index))
        while True:
            reused = bool(self.idle)
            link = self.idle.pop() if reused else await asyncio.open_connection(
                self.origin.hostname, self.port, ssl=self.tls)
            try:
                status, answer, keep = await self.exchange(*link, body)
            except (OSError, asyncio.IncompleteReadError):
                link[1].close()
                if not reused:
                    raise
                continue
            if keep:
                self.idle.append(link)
            else:
                link[1].close()
            return self.content(status, answer)

    async def close_async(self):
        for _, writer in self.idle:
            writer.close()


WORKLOADS = {"tokenize": Tokenize, "wait-compute": WaitCompute, "llm-complete": LlmComplete}


def open_workload(opening, shared_name=None):
    """Over the dataset's file, or over a shared block that has it."""
    if shared_name is None:
        with open(opening["dataset"], "rb") as file:
            dataset = file.read()
    else:
        from multiprocessing import shared_memory
        block = shared_memory.SharedMemory(name=shared_name)
        dataset = block.buf[:opening["dataset_bytes"]]
        workload = WORKLOADS[opening["workload"]](dataset, opening)
        workload.block = block  # as long as its views
        return workload
    return WORKLOADS[opening["workload"]](dataset, opening)
