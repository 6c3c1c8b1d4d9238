# SPDX-License-Identifier: Apache-2.0
"""Runs the regatta command as a user does, each test in a folder of its own."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True  # the source tree stays clean

REGATTA = os.environ.get("REGATTA", "regatta")
FAULTY = os.environ.get("REGATTA_FAULTY", "regatta_faulty")

# Little, fast, and without the two seconds of the machine card.
SMALL = ["--budget", "3s", "--no-card", "--blocks", "3"]


def parent_of(pid):
    """The parent's pid; None for a process that is gone or a zombie."""
    try:
        state, parent = (
            pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[:2])
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else int(parent)


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children_of(pid):
    return [each for each in all_pids() if parent_of(each) == pid]


def arguments_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    except OSError:
        return []


def wait_until(condition, seconds=10.0):
    """The first true value of condition(), or its last after that time."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > until:
            return value
        time.sleep(0.01)


class Finished:
    """A command that has ended."""

    def __init__(self, code, stdout, stderr, seconds):
        self.code, self.stdout, self.stderr, self.seconds = code, stdout, stderr, seconds

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


class Running:
    """A command under way; its output gathers in files, so that it never waits for its reader."""

    def __init__(self, command, folder, environment, **options):
        self.out = tempfile.TemporaryFile(dir=folder)
        self.err = tempfile.TemporaryFile(dir=folder)
        options.setdefault("stdout", self.out)
        options.setdefault("stderr", self.err)
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, cwd=folder, env=environment,
                                        stdin=subprocess.DEVNULL, start_new_session=True, **options)
        self.pid = self.process.pid

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.out.close()
        self.err.close()

    @staticmethod
    def text_of(file):
        return os.pread(file.fileno(), 1 << 24, 0).decode(errors="replace")

    def wait_for_stderr(self, text, seconds=20.0):
        """Whether `text` appeared on stderr before the command ended."""
        return wait_until(lambda: text in self.text_of(self.err) or self.process.poll() is not None,
                          seconds) and text in self.text_of(self.err)

    def finish(self, timeout=60):
        code = self.process.wait(timeout)
        seconds = time.monotonic() - self.began
        return Finished(code, self.text_of(self.out), self.text_of(self.err), seconds)


class CommandTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="command-test-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.addCleanup(self.end_leftovers)

    def environment(self, **more):
        environment = {key: value for key, value in os.environ.items()
                       if key not in ("NO_COLOR", "COLUMNS")}
        environment.update(TMPDIR=str(self.temporary), TERM="xterm", LC_ALL="C.UTF-8")
        environment.update(more)
        return environment

    def start(self, *arguments, program=REGATTA, environment=None, **options):
        running = Running([program, *map(str, arguments)], self.folder,
                          environment or self.environment(), **options)
        self.addCleanup(running.close)
        return running

    def run_command(self, *arguments, timeout=60, **options):
        running = self.start(*arguments, **options)
        try:
            return running.finish(timeout)
        except subprocess.TimeoutExpired:
            running.process.kill()
            self.fail(f"{arguments} did not end within {timeout} s: {running.finish()}")

    def report(self, name="regatta-report.json"):
        with open(self.folder / name, encoding="utf-8") as file:
            return json.load(file)

    @staticmethod
    def cells(report):
        """The cells of the only workload, by label."""
        (workload,) = report["workloads"]
        return {cell["label"]: cell for cell in workload["cells"]}

    def our_processes(self):
        """All that this test's commands have started, whoever their parent is: they have its TMPDIR."""
        mark = f"TMPDIR={self.temporary}".encode()
        found = []
        for pid in all_pids():
            try:
                environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
            except OSError:
                continue
            if mark in environment.split(b"\0") and parent_of(pid) is not None:
                found.append(pid)
        return found

    def assert_nothing_runs(self, within):
        wait_until(lambda: not self.our_processes(), within)
        self.assertEqual([(pid, arguments_of(pid)) for pid in self.our_processes()], [])

    def end_leftovers(self):
        for pid in self.our_processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def assert_one_sentence(self, finished, *parts):
        """On stderr: one line by regatta that has all the parts, and no trace of the source code."""
        (line,) = finished.stderr.splitlines() or [""]
        self.assertTrue(line.startswith("regatta: "), finished)
        for part in parts:
            self.assertIn(part, line)
        for internal in ("/usr/include", "terminate called", "what():", ".cpp", ".hpp"):
            self.assertNotIn(internal, line)
