#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`regatta tasks --pid`, and the signal that prints the same: a process seen from outside."""
import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

REGATTA, PROGRAM = os.environ["REGATTA"], os.environ["PROGRAM"]


SOURCE = Path(__file__).parents[1] / "programs/tracked_program.cpp"


def at(needle):
    """How a place is printed: the line with the needle."""
    source = SOURCE.read_text()
    return rf"\S+tracked_program.cpp:{1 + source[:source.index(needle)].count(chr(10))}"


def tasks_of(pid, **more):
    return subprocess.run([REGATTA, "tasks", "--pid", str(pid)], capture_output=True, text=True, **more)


class TasksCommand(unittest.TestCase):
    def start(self, **environment):
        process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})
        self.addCleanup(process.communicate)
        self.assertEqual(process.stdout.readline(), "ready\n")
        while not environment and "reads  waits" not in tasks_of(process.pid).stdout:
            time.sleep(0.01)  # it said "ready" just before it began to wait
        return process

    def expect_tree(self, text):
        inside, outside = at("co_await timer"), at("co_await waits_inside()")
        self.assertRegex(text, r"(?m)^3 tasks$")
        self.assertRegex(text, rf"(?m)^#\d+ waits_outside  waits [0-9].* at {outside}  spawned at {at('waits_outside(), ')}$")
        self.assertRegex(text, rf"(?m)^  └ #\d+ waits_inside  waits [0-9].* for async_wait  at {inside}  created at {outside}$")
        self.assertRegex(text, rf"(?m)^#\d+ reads  waits [0-9].* for async_read_some  at {at('co_await input')} ")

    def test_shows_the_tree_of_a_running_process_and_leaves_it_running(self):
        process = self.start()
        for _ in range(3):
            shown = tasks_of(process.pid)
            self.assertEqual((shown.returncode, shown.stderr), (0, ""))
            self.expect_tree(shown.stdout)
        out, err = process.communicate()
        self.assertEqual((process.returncode, out, err), (0, "", ""))

    def test_a_stopped_process_can_be_read_as_well(self):
        process = self.start()
        process.send_signal(signal.SIGSTOP)
        try:
            self.expect_tree(tasks_of(process.pid).stdout)
        finally:
            process.send_signal(signal.SIGCONT)

    def test_a_signal_prints_the_tree(self):
        process = self.start(REGATTA_DEBUG="signal=USR1")
        while "reads  waits" not in tasks_of(process.pid).stdout:
            time.sleep(0.01)
        process.send_signal(signal.SIGUSR1)
        lines = "".join(process.stderr.readline() for _ in range(4))
        self.expect_tree(lines)
        process.communicate()
        self.assertEqual(process.returncode, 0)

    def expect_error(self, pid, sentence, code=1):
        shown = tasks_of(pid)
        self.assertEqual((shown.returncode, shown.stdout), (code, ""))
        self.assertRegex(shown.stderr, f"^regatta: .*{sentence}.*\n$")

    def test_says_so_if_the_process_is_not_built_with_it(self):
        self.expect_error(os.getpid(), "is not built with regatta::debug")

    def test_says_so_if_tracking_is_off(self):
        self.expect_error(self.start(REGATTA_DEBUG="0").pid, "REGATTA_DEBUG=0")

    def test_says_so_if_there_is_no_such_process(self):
        ended = subprocess.Popen(["true"])
        ended.wait()
        self.expect_error(ended.pid, "there is no process")

    def test_refuses_what_is_no_pid(self):
        self.expect_error(0, "--pid", code=2)

    @unittest.skipUnless(os.geteuid() == 0, "only root can start a process as somebody else")
    def test_says_so_if_it_has_no_permission(self):
        process = self.start()
        shown = subprocess.run([REGATTA, "tasks", "--pid", str(process.pid)], capture_output=True,
                               text=True, user=65534, group=65534, extra_groups=[])
        self.assertEqual((shown.returncode, shown.stdout), (1, ""))
        self.assertRegex(shown.stderr, "^regatta: process [0-9]+ may not be read: .*\n$")

    def test_a_bad_switch_is_said_once_and_the_program_runs(self):
        process = self.start(REGATTA_DEBUG="sloow=3")
        _, err = process.communicate()
        self.assertEqual(process.returncode, 0)
        self.assertRegex(err, r"^regatta: REGATTA_DEBUG: there is no 'sloow=3'; known are .*\n$")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
