#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Classifies services that the verdict's limits were not chosen by, each at two loads.

usage: classify_held_out.py REGATTA [--seconds 4] [--only TEXT]

nginx, Node.js, redis, `regatta serve` and the Pythons of held_out_service.py, at about 15 and 55 % of
what they can take. Labels follow from what a request is told to take, as in classify_corpus.py. Of those that
write to the disk, whose time nobody can tell before, they follow from a run without the profile:
CPU clock and latency of one request after the other; "near" a limit (0.05) any of its two kinds is
right. Exit 1 unless 95 % of the verdicts are right and 95 % of the services have the same at both loads.
Needs root for eBPF, nginx-light, nodejs and redis-server; what is missing is left out and told.
"""
import argparse
import atexit
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from request_compare import MockLlm, Nginx, free_port, wait_until_listening

PYTHON = pathlib.Path(__file__).with_name("held_out_service.py")
UPSTREAM_NS = 20_000_000

NODE = """
const http = require('http'), crypto = require('crypto');
const agent = new http.Agent({keepAlive: true});
const burn = ms => { const end = performance.now() + ms;
                     while (performance.now() < end) Math.sqrt(Math.random()); };
const work = {
  timer: done => setTimeout(done, 20),
  compute: done => { burn(6); done(); },
  pool: done => crypto.pbkdf2('secret', 'salt', 8000, 32, 'sha256', done),
  upstream: done => http.get(process.argv[2], {agent}, from => { from.resume(); from.on('end', done); }),
}[process.argv[1]];
const server = http.createServer((_, answer) => work(() => answer.end('hello')));
server.keepAliveTimeout = 60000;
server.listen(0, '127.0.0.1', 1024, () => console.log(server.address().port));
process.stdin.resume(); process.stdin.on('end', () => process.exit(0));
"""
DOCUMENT = "<p>A boat with eight rowers is fast. The cox steers &amp; calls the stroke.</p>"


def answer_of(kib):
    return json.dumps({"document": DOCUMENT * (kib * 1024 // len(DOCUMENT) + 1),
                       "question": "Who steers?"})


class Program:
    """Prints its port on its first line, perhaps within an address; ends with its standard input or by
    SIGTERM."""

    def __init__(self, command, folder):
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        self.port = int(re.search(rb"(\d+)\s*$", self.process.stdout.readline()).group(1))

    def end(self):
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class NginxProgram:
    def __init__(self, upstream_port, folder):
        self.nginx = Nginx(folder, upstream_port, None)
        self.pid, self.port = self.nginx.worker, self.nginx.port

    def end(self):
        self.nginx.end()


class Redis:
    def __init__(self, arguments, folder):
        self.port = free_port()
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
                                         "--save", "", *arguments], cwd=folder,
                                        stdout=subprocess.DEVNULL)
        self.pid = self.process.pid
        wait_until_listening(self.port, self.process)

    def end(self):
        self.process.terminate()
        self.process.wait()


class RedisLoad(threading.Thread):
    """Commands at a constant rate, on 8 connections in turn."""

    def __init__(self, port, command, rate):
        super().__init__(daemon=True)
        self.port, self.command, self.between = port, command, 1 / rate
        self.ended = threading.Event()

    def run(self):
        connections = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(8)]
        start, at = time.monotonic(), 0
        while not self.ended.is_set():
            time.sleep(max(0, start + at * self.between - time.monotonic()))
            connection = connections[at % 8]
            connection.sendall(self.command)
            connection.recv(65536)
            at += 1
        for connection in connections:
            connection.close()


def services(regatta, llm):
    """(name, kind or None, CPU ms of one at a time and others' ms, what starts it, how it is asked)."""
    wait = f"http://127.0.0.1:{llm.port}/wait/{UPSTREAM_NS}/hello"
    def python(name):
        return lambda folder: Program([sys.executable, str(PYTHON), name, wait], folder)
    def node(name):
        return lambda folder: Program(["node", "-e", NODE, name, wait], folder)
    def serve(backend, latency):
        return lambda folder: Program([regatta, "serve", "-b", backend, "--llm-latency", latency], folder)
    def nginx(folder):
        return NginxProgram(llm.port, folder)
    def get(path="/work"):
        return {"path": path}
    def post(kib):
        return {"path": "/v1/answer", "body": answer_of(kib)}
    set_it = b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$5\r\nhello\r\n"
    return [
        ("threads, blocking HTTP", "io-bound", 2.5, python("threads-http"), get()),
        ("threads, a lock around HTTP", "io-bound", 22, python("lock-http"), get()),
        ("threads, SHA-256", "cpu-bound", 6.5, python("threads-digest"), get()),
        ("2 processes that sort", "cpu-bound", 6.5, python("prefork-sort"), get()),
        ("2 processes that sleep", "io-bound", 2, python("prefork-sleep"), get()),
        ("threads, O_DIRECT and fsync", None, 4, python("direct-io"), get()),
        ("threads, sqlite rows", None, 6, python("sqlite"), get()),
        ("to_thread, sleep", "io-bound", 3, python("to-thread-sleep"), get()),
        ("to_thread, SHA-256", "cpu-bound", 6.5, python("to-thread-digest"), get()),
        ("to_thread, HTTP", "io-bound", 4, python("to-thread-http"), get()),
        ("gather: timer and SHA-256", "io-bound", 3, python("gather"), get()),
        ("asyncio, a pool of processes", "cpu-bound", 6.5, python("process-pool"), get()),
        ("nginx, a constant", "cpu-bound", 0.1, nginx, get("/")),
        ("nginx, a proxy", "io-bound", 1, nginx, get(f"/wait/{UPSTREAM_NS}/hello")),
        ("node, timers", "io-bound", 1, node("timer"), get()),
        ("node, a computing loop", "cpu-bound", 6.5, node("compute"), get()),
        ("node, its pool", "cpu-bound", 5, node("pool"), get()),
        ("node, HTTP", "io-bound", 1.5, node("upstream"), get()),
        ("redis, SET", "cpu-bound", 1, lambda folder: Redis([], folder), {"redis": set_it}),
        ("redis, SET, each one flushed", None, 4,
         lambda folder: Redis(["--appendonly", "yes", "--appendfsync", "always"], folder),
         {"redis": set_it}),
        ("serve, a slow LLM", "io-bound", 4, serve("coroutine+process", "60ms"), post(4)),
        ("serve on threads, a slow LLM", "io-bound", 4, serve("thread", "60ms"), post(4)),
    ]


def asked_alone(service, how, folder):
    """The share of CPU of a request, one after the other, without a profile."""
    command = how.get("redis")
    clock = ((~service.pid) << 3) | 2
    latency = 0.0
    connection = socket.create_connection(("127.0.0.1", service.port))
    request = command or f"GET {how['path']} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    before = time.clock_gettime(clock)
    for _ in range(300):
        began = time.monotonic()
        connection.sendall(request)
        connection.recv(65536)
        latency += time.monotonic() - began
    used = time.clock_gettime(clock) - before
    connection.close()
    return used / latency


def kinds_of(share):
    found = {"cpu-bound" if share >= 0.7 else "io-bound" if share <= 0.3 else "mixed"}
    for limit, kinds in ((0.7, ("cpu-bound", "mixed")), (0.3, ("io-bound", "mixed"))):
        if abs(share - limit) <= 0.05:
            found.update(kinds)
    return found


@contextlib.contextmanager
def loaded(arguments, service, how, rate, seconds, folder):
    if "redis" in how:
        load = RedisLoad(service.port, how["redis"], rate)
        load.start()
        yield
        load.ended.set()
        load.join()
        return
    body = folder / "body.json"
    body.write_text(how.get("body", ""))
    load = subprocess.Popen(
        [arguments.regatta, "load", f"http://127.0.0.1:{service.port}{how['path']}", "-r", f"{rate:.1f}",
         "-c", "64", "-d", f"{seconds + 20}s", "-q", "-o", str(folder / "load.json"),
         *(["-b", f"@{body}"] if "body" in how else [])],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield
    load.terminate()
    load.wait()


def classify(arguments, service, how, rate, folder):
    report = folder / "profile.json"
    seconds = max(arguments.seconds, round(60 / rate))
    with loaded(arguments, service, how, rate, seconds, folder):
        time.sleep(0.7)
        subprocess.run([arguments.regatta, "profile", "--pid", str(service.pid), "--duration",
                        f"{seconds}s", "-q", "-o", str(report)], check=True, stdout=subprocess.DEVNULL)
    return json.loads(report.read_text())["requests"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("regatta")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", default="", help="services whose name has this text")
    arguments = parser.parse_args()
    arguments.regatta = os.path.abspath(arguments.regatta)
    llm = MockLlm(arguments.regatta)
    atexit.register(llm.end)  # also after an error
    right = judged = same = count = 0
    print(f"{'service':<30} {'is':<17} {'/s':>6} {'requests':>8} {'CPU ms':>7} {'share':>6}  verdict")
    for name, kind, exclusive, start, how in services(arguments.regatta, llm):
        if arguments.only not in name:
            continue
        needed = {"ngin": "nginx", "node": "node", "redi": "redis-server"}.get(name[:4])
        if needed and shutil.which(needed) is None:
            print(f"{name:<30} left out: there is no {needed}")
            continue
        verdicts, count = [], count + 1
        # On the disk: /tmp may be memory.
        with tempfile.TemporaryDirectory(prefix="classify-held-out-", dir="/var/tmp") as text:
            folder = pathlib.Path(text)
            folder.chmod(0o755)
            service = start(folder)
            try:
                kinds = {kind} if kind else kinds_of(asked_alone(service, how, folder))
                for load in (0.15, 0.55):
                    rate = min(600, 1000 / exclusive) * load
                    requests = classify(arguments, service, how, rate, folder)
                    found = requests["classification"]
                    verdicts.append(found["kind"])
                    judged += 1
                    right += found["kind"] in kinds
                    followed = max(1, requests["followed"])
                    seen = sum(each["cpu_per_request_ns"]["mean"] * each["count"]
                               for each in requests["classes"]) / followed / 1e6
                    share = found["cpu_share"]
                    print(f"{name:<30} {'/'.join(sorted(kinds)):<17} {rate:>6.0f} "
                          f"{requests['followed']:>8} {seen:>7.2f} "
                          f"{'–' if share is None else f'{share:.2f}':>6}  {found['kind']}"
                          f"{'' if found['kind'] in kinds else '  WRONG: ' + found['why']}", flush=True)
            finally:
                service.end()
        same += len(set(verdicts)) == 1
    print(f"\n{count} services, {judged} verdicts: {right} right ({right / max(1, judged):.1%}), "
          f"{same} services with one verdict at both loads ({same / max(1, count):.1%})")
    return 0 if count and right >= 0.95 * judged and same >= 0.95 * count else 1


if __name__ == "__main__":
    sys.exit(main())
