# SPDX-License-Identifier: Apache-2.0
"""An asyncio service whose handler does something wrong when it is asked to.

usage: asyncio_faults.py PORT SELECTOR
Computes for that time of the CPU, whatever else runs on the machine.
"fault NAME MS" is answered with the nanoseconds of CLOCK_MONOTONIC of its begin and end.
"""
import asyncio
import selectors
import socket
import sqlite3
import sys
import time


def slow_sleep(seconds):
    time.sleep(seconds)


def compute_long(seconds):
    until = time.thread_time() + seconds
    value = 0
    while time.thread_time() < until:
        for _ in range(100):
            value = (value * 31 + 7) % 1000003


def look_up(_):
    try:
        socket.getaddrinfo("no-such-host.invalid", 80, family=socket.AF_INET)
    except OSError:
        pass


def query_database(seconds):
    """Counts in one statement until the time is over."""
    until = time.thread_time() + seconds
    database = sqlite3.connect(":memory:")
    database.set_progress_handler(lambda: time.thread_time() > until, 10000)
    try:
        database.execute("with recursive n(i) as (select 1 union all select i + 1 from n)"
                         " select max(i) from n").fetchall()
    except sqlite3.OperationalError:  # interrupted
        pass
    database.close()


def write_to_locked(seconds):
    database = sqlite3.connect("held.db", timeout=seconds)
    try:
        database.execute("insert into t values (1)")
    except sqlite3.OperationalError:  # locked
        pass
    database.close()


FAULTS = {"sleep": slow_sleep, "compute": compute_long, "dns": look_up, "sqlite": query_database,
          "sqlite-locked": write_to_locked}


async def do_right(seconds):
    """Waits as long as the faults take, and computes elsewhere."""
    await asyncio.gather(asyncio.sleep(seconds), asyncio.to_thread(slow_sleep, seconds))


async def serve(reader, writer):
    while line := await reader.readline():
        words = line.decode().split()
        if words[0] != "fault":
            writer.write(line)
            continue
        seconds = int(words[2]) / 1e3
        if words[1] == "healthy":
            await do_right(seconds)
            writer.write(line)
            continue
        begin = time.monotonic_ns()
        FAULTS[words[1]](seconds)
        writer.write(f"{begin} {time.monotonic_ns()}\n".encode())
    writer.close()


async def main(port):
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    holder = sqlite3.connect("held.db", isolation_level=None)
    holder.execute("create table if not exists t(a)")
    holder.execute("begin exclusive")
    selector = getattr(selectors, sys.argv[2])()
    loop = asyncio.SelectorEventLoop(selector)
    loop.run_until_complete(main(int(sys.argv[1])))
