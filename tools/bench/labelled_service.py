#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP service whose requests take what they are told to: what a profile of it should say is known.

usage: labelled_service.py STYLE STEP...      prints its port; ends with its standard input

STYLE: asyncio (one loop, everything in it), executor (a loop; what computes or blocks in a pool of
threads), threads (a thread a connection), upstream (no service of its own: answers each line
"MILLISECONDS CHUNKS" with that many chunks, each after that time, and "POST" with "100").
STEP, in the order in which a request takes them: cpu=MS of CPU time, sleep=MS of a timer,
upstream=MS of waiting for an upstream, continue=MS the same in HTTP's manner of "100 Continue": asked for
in two parts, and answered in two; disk=KIB written through to the disk, lock=MS of sleeping and
lock-cpu=MS of CPU time while holding the one lock of the service. probe=MS (asyncio) is no step: the
service itself asks the upstream so often whether it is there, by the same connections. GET /other takes
no step.
"""
import asyncio
import concurrent.futures
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def compute(milliseconds):
    until = time.thread_time() + milliseconds / 1e3
    while time.thread_time() < until:
        pass


def write_through(kib):
    with tempfile.TemporaryFile(dir=".") as file:
        file.write(b"x" * 1024 * kib)
        file.flush()
        os.fsync(file.fileno())


def parse(steps):
    return [(name, float(value)) for name, value in (step.split("=") for step in steps)]


async def serve_upstream():
    async def talk(reader, writer):
        try:
            while line := await reader.readline():
                if line == b"POST\n":
                    writer.write(b"100\n")
                    continue
                milliseconds, chunks = line.split()
                for chunk in range(int(chunks)):
                    await asyncio.sleep(float(milliseconds) / 1e3)
                    writer.write(b"last\n" if chunk + 1 == int(chunks) else b"more\n")
        except ConnectionError:
            pass
        writer.close()
    await serve(talk)


async def serve(talk):
    server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


class AsyncService:
    def __init__(self, steps, upstream_port, pool):
        self.steps, self.upstream_port, self.pool = steps, upstream_port, pool
        self.lock, self.connections = asyncio.Lock(), []

    async def call_upstream(self, milliseconds, in_parts=False):
        if self.connections:
            reader, writer = self.connections.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        if in_parts:
            writer.write(b"POST\n")
            await reader.readline()
        writer.write(f"{milliseconds} 1\n".encode())
        await reader.readline()
        self.connections.append((reader, writer))

    async def probe(self, milliseconds):
        while True:
            await asyncio.sleep(milliseconds / 1e3)
            await self.call_upstream(0)

    async def blocking(self, function, argument):
        if self.pool:
            await asyncio.get_running_loop().run_in_executor(self.pool, function, argument)
        else:
            function(argument)

    async def take(self, name, value):
        if name == "cpu":
            await self.blocking(compute, value)
        elif name == "sleep":
            await asyncio.sleep(value / 1e3)
        elif name in ("upstream", "continue"):
            await self.call_upstream(value, name == "continue")
        elif name == "disk":
            await self.blocking(write_through, int(value))
        elif name == "lock":
            async with self.lock:
                await asyncio.sleep(value / 1e3)
        elif name == "lock-cpu":
            async with self.lock:
                await self.blocking(compute, value)

    async def talk(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if not head.startswith(b"GET /other"):
                    for step in self.steps:
                        await self.take(*step)
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


class ThreadedService:
    def __init__(self, steps, upstream_port):
        self.steps, self.upstream_port = steps, upstream_port
        self.lock, self.connections = threading.Lock(), queue.SimpleQueue()

    def call_upstream(self, milliseconds):
        try:
            connection = self.connections.get_nowait()
        except queue.Empty:
            connection = socket.create_connection(("127.0.0.1", self.upstream_port))
        connection.sendall(f"{milliseconds} 1\n".encode())
        connection.recv(100)
        self.connections.put(connection)

    def take(self, name, value):
        if name == "cpu":
            compute(value)
        elif name == "sleep":
            time.sleep(value / 1e3)
        elif name == "upstream":
            self.call_upstream(value)
        elif name == "disk":
            write_through(int(value))
        elif name == "lock":
            with self.lock:
                time.sleep(value / 1e3)
        elif name == "lock-cpu":
            with self.lock:
                compute(value)

    def talk(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b""
        try:
            while part := connection.recv(4096):
                head += part
                if not head.endswith(b"\r\n\r\n"):
                    continue
                if not head.startswith(b"GET /other"):
                    for step in self.steps:
                        self.take(*step)
                head = b""
                connection.sendall(ANSWER)
        except ConnectionError:
            pass
        connection.close()

    def serve(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        print(listener.getsockname()[1], flush=True)
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()


def main():
    style, steps = sys.argv[1], parse(sys.argv[2:])
    if style == "upstream":
        return asyncio.run(serve_upstream())
    upstream_port, upstream = 0, None
    if any(name in ("upstream", "continue", "probe") for name, _ in steps):
        upstream = subprocess.Popen([sys.executable, __file__, "upstream"], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE)
        upstream_port = int(upstream.stdout.readline())  # it ends with us
    if style == "threads":
        return ThreadedService(steps, upstream_port).serve()
    pool = concurrent.futures.ThreadPoolExecutor(8) if style == "executor" else None

    async def run():
        service = AsyncService([step for step in steps if step[0] != "probe"], upstream_port, pool)
        probes = [asyncio.create_task(service.probe(value)) for name, value in steps if name == "probe"]
        await serve(service.talk)
        del probes
    return asyncio.run(run())


if __name__ == "__main__":
    main()
