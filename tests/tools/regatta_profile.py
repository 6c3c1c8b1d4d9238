# SPDX-License-Identifier: Apache-2.0
"""For tests of regatta profile: a service with faults, and what a profile says of it."""
import os
import subprocess
import sys
import unittest

from regatta_command import CommandTest

# An asyncio echo service with its client. Every 100 ms its handler does something wrong, and notes
# from when to when by the clock that the profile is in. Ends by itself.
SERVICE = r"""
import asyncio, json, os, sqlite3, sys, threading, time
fault, times = sys.argv[1], int(sys.argv[2])
happened = []
def sleep(): time.sleep(0.25)
def compute():
    until = time.thread_time() + 0.2
    while time.thread_time() < until: pass
def database():
    try:
        with sqlite3.connect("held.db", timeout=0.25) as other: other.execute("insert into t values (1)")
    except sqlite3.OperationalError: pass
def pipe():
    reader, writer = os.pipe()
    threading.Timer(0.25, lambda: os.write(writer, b"x")).start()
    os.read(reader, 1)
def nothing(): pass
async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
async def main():
    if fault == "database":
        holder = sqlite3.connect("held.db", isolation_level=None)
        holder.execute("create table t(a)"); holder.execute("begin exclusive")
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    await asyncio.sleep(0.1)
    for turn in range(times):
        writer.write(b"hello\n"); await reader.readline()
        begin = time.monotonic(); globals()[fault](); happened.append((begin, time.monotonic()))
        await asyncio.sleep(0.1)
    with open("happened.json", "w") as file: json.dump(happened, file)
    sys.stdout.flush()
    os._exit(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
asyncio.run(main())
"""

SHARED_LOOP = os.path.join(os.environ.get("PROFILE_TARGETS", "."), "shared_loop")


def stretches(profile):
    return [stretch for loop in profile["loops"] for stretch in loop["stretches"]]


def own_stretches(profile):
    """Without those that a busy machine made by giving the service no CPU."""
    return [stretch for stretch in stretches(profile) if stretch["cause"] != "waiting for a CPU"]


def missing(tier):
    """Why this tier cannot be had here; None if it can."""
    tried = subprocess.run([os.environ.get("REGATTA", "regatta"), "profile", "--tier", tier, "--",
                            "true"], capture_output=True, text=True, timeout=60, check=False)
    return None if tried.returncode == 0 else tried.stderr.strip()


def skip_without(tier):
    reason = missing(tier)
    if reason:
        raise unittest.SkipTest(reason)


class ProfileTest(CommandTest):
    def setUp(self):
        super().setUp()
        (self.folder / "service.py").write_text(SERVICE)

    def service(self, fault, times=3, code=0):
        return [sys.executable, "service.py", fault, str(times), str(code)]

    def profile(self, *flags, command):
        """The profile of a command as JSON."""
        finished = self.run_command("profile", *flags, "-o", "profile.json", "--", *command)
        self.assertEqual(finished.code, 0, finished)
        self.finished = finished
        return self.report("profile.json")

    def assert_ledgers_add_up(self, profile):
        for stretch in stretches(profile):
            total = sum(share["ns"] for share in stretch["ledger"])
            self.assertLessEqual(abs(total - stretch["duration_ns"]),
                                 0.01 * stretch["duration_ns"], stretch)

    def longest_share(self, stretch):
        """Of what the service did itself: a busy machine adds waiting for a CPU."""
        return next(share for share in stretch["ledger"] if share["kind"] != "waiting for a CPU")
