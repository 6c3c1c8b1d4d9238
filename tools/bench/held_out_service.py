#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Services that the limits of the classification were not chosen by: see classify_held_out.py.

usage: held_out_service.py NAME [UPSTREAM_URL]      prints its port; ends with its standard input
"""
import asyncio
import concurrent.futures
import hashlib
import http.client
import http.server
import mmap
import multiprocessing
import os
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
import urllib.parse

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def digest(milliseconds):
    """In C, without the interpreter's lock."""
    until = time.thread_time() + milliseconds / 1e3
    while time.thread_time() < until:
        hashlib.sha256(bytes(200_000)).digest()


def sort_words(milliseconds):
    until = time.thread_time() + milliseconds / 1e3
    while time.thread_time() < until:
        sorted(str(number * 7919 % 1000) for number in range(500))


class Upstream:
    """Blocking calls, each thread on a connection of its own."""

    def __init__(self, url):
        self.address, self.kept = urllib.parse.urlsplit(url), threading.local()

    def get(self):
        if not hasattr(self.kept, "connection"):
            self.kept.connection = http.client.HTTPConnection(self.address.hostname, self.address.port)
        self.kept.connection.request("GET", self.address.path)
        self.kept.connection.getresponse().read()


class DirectFile:
    """4 KiB written around the page cache, and flushed."""

    def __init__(self):
        self.page = mmap.mmap(-1, 4096)
        self.handle = os.open(tempfile.mkstemp(dir=".")[1], os.O_RDWR | os.O_DIRECT)

    def write(self):
        os.pwrite(self.handle, self.page, 0)
        os.fsync(self.handle)


class Table:
    """A row a request, each its own transaction, written through."""

    def __init__(self):
        self.lock = threading.Lock()
        self.database = sqlite3.connect("rows.sqlite", check_same_thread=False)
        self.database.execute("pragma synchronous=full")
        self.database.execute("create table rows (number integer primary key, text text)")

    def insert(self):
        with self.lock, self.database:
            self.database.execute("insert into rows (text) values (?)", ("x" * 500,))


def threaded(work, workers=None):
    """http.server, a thread a connection, or forked workers that share the port."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            work()
            self.wfile.write(ANSWER)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 1024

        def handle_error(self, *_):
            """The load's end resets connections."""

    server = Server(("127.0.0.1", 0), Handler)
    children = []
    for _ in range(workers or 0):
        child = os.fork()
        if child == 0:
            server.serve_forever()
        children.append(child)
    if not workers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    for child in children:
        os.kill(child, signal.SIGKILL)
    os._exit(0)


def asynchronous(work):
    async def talk(reader, writer):
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await work()
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def run():
        server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(os.read, 0, 1)  # sys.stdin's lock would be held in forked workers
        for worker in multiprocessing.active_children():
            worker.kill()
        os._exit(0)
    asyncio.run(run())


async def gathered():
    await asyncio.gather(asyncio.sleep(0.03), asyncio.to_thread(digest, 2))


def main():
    name, url = sys.argv[1], (sys.argv + [""])[2]
    lock = threading.Lock()
    if name == "threads-http":
        threaded(Upstream(url).get)
    elif name == "lock-http":
        upstream = Upstream(url)

        def one_at_a_time():
            with lock:
                upstream.get()
        threaded(one_at_a_time)
    elif name == "threads-digest":
        threaded(lambda: digest(6))
    elif name == "prefork-sort":
        threaded(lambda: sort_words(6), workers=2)
    elif name == "prefork-sleep":
        threaded(lambda: time.sleep(0.02), workers=2)
    elif name == "direct-io":
        threaded(DirectFile().write)
    elif name == "sqlite":
        threaded(Table().insert)
    elif name == "to-thread-sleep":
        asynchronous(lambda: asyncio.to_thread(time.sleep, 0.015))
    elif name == "to-thread-digest":
        asynchronous(lambda: asyncio.to_thread(digest, 6))
    elif name == "to-thread-http":
        asynchronous(lambda upstream=Upstream(url): asyncio.to_thread(upstream.get))
    elif name == "gather":
        asynchronous(gathered)
    elif name == "process-pool":
        pool = concurrent.futures.ProcessPoolExecutor(2)
        asynchronous(lambda: asyncio.get_running_loop().run_in_executor(pool, sort_words, 6))
    else:
        raise SystemExit(f"held_out_service.py: there is no service {name}")


if __name__ == "__main__":
    main()
