# SPDX-License-Identifier: Apache-2.0
"""Real services with faults injected by their own code, watched from outside by eBPF, unchanged."""
import json
import re
import shutil
import signal
import subprocess
import sys
import unittest

from regatta_command import wait_until
from regatta_profile import SHARED_LOOP, ProfileTest, own_stretches, skip_without, stretches


class TimingEbpfProfileTest(ProfileTest):
    @classmethod
    def setUpClass(cls):
        skip_without("ebpf")

    def find(self, fault, times=3):
        """The stretches of a service with this fault, each checked against what happened."""
        profile = self.profile("--tier", "ebpf", command=self.service(fault, times))
        self.assertEqual(profile["tier"], "eBPF")
        self.assert_ledgers_add_up(profile)
        happened = json.loads((self.folder / "happened.json").read_text())
        own = sorted(own_stretches(profile), key=lambda each: each["begin_ns"])
        self.assertEqual(len(own), times, own)
        for stretch, (begin, end) in zip(own, happened):
            self.assertGreaterEqual(stretch["duration_ns"] / 1e9, end - begin - 0.001)
        return own

    def test_a_sleep_in_a_handler(self):
        for stretch in self.find("sleep"):
            self.assertEqual(self.longest_share(stretch)["call"], "clock_nanosleep")
            self.assertEqual(stretch["cause"], "sleeping")
            self.assertTrue(stretch["stack"], stretch)
        self.assertIn("has been blocked for", self.finished.stderr)
        self.assertIn("sleeping", self.finished.stdout)

    def test_a_computation_in_a_handler(self):
        for stretch in self.find("compute"):
            self.assertIn(self.longest_share(stretch)["kind"], ("user CPU", "kernel CPU"))
            self.assertEqual(stretch["cause"], "computing")

    def test_a_held_database(self):
        for stretch in self.find("database"):
            self.assertEqual(self.longest_share(stretch)["call"], "clock_nanosleep")

    def test_a_read_that_waits_says_of_what(self):
        for stretch in self.find("pipe"):
            share = self.longest_share(stretch)
            self.assertEqual(share["kind"], "system call")
            self.assertEqual(share["call"], "read")
            self.assertEqual(share["object"], "a pipe")

    def test_a_service_that_does_nothing_wrong_has_no_stretch(self):
        profile = self.profile("--tier", "ebpf", command=self.service("nothing", 8))
        self.assertEqual(own_stretches(profile), [])
        (loop,) = profile["loops"]
        self.assertGreater(loop["iterations"], 8)
        self.assertGreater(loop["waiting_ns"], loop["working_ns"])

    def test_a_process_that_runs_already_is_watched_until_it_ends(self):
        service = subprocess.Popen(self.service("sleep", 5), cwd=self.folder)
        self.addCleanup(service.wait)
        finished = self.run_command("profile", "--pid", service.pid, "--duration", "30s",
                                    "-o", "profile.json")
        self.assertEqual(finished.code, 0, finished)
        self.assertGreaterEqual(len(stretches(self.report("profile.json"))), 3)
        self.assertIn("it ended", finished.stdout)

    def test_a_block_that_lasts_when_the_profile_ends_is_reported(self):
        finished = self.run_command(
            "profile", "--duration", "1500ms", "-o", "profile.json", "--", sys.executable, "-c",
            "import asyncio, time\nasync def f():\n await asyncio.sleep(0.3)\n time.sleep(60)\n"
            "asyncio.run(f())")
        self.assertEqual(finished.code, 0, finished)
        (stretch,) = stretches(self.report("profile.json"))
        self.assertFalse(stretch["ended"])
        self.assertIn("is still blocked", finished.stderr)
        self.assert_nothing_runs(5)

    def test_nothing_stays_attached_when_the_profiler_is_killed(self):
        bpftool = shutil.which("bpftool", path="/usr/sbin:/usr/bin:/sbin")
        if not bpftool:
            self.skipTest("there is no bpftool to look with")
        service = subprocess.Popen(self.service("nothing", 30), cwd=self.folder)
        self.addCleanup(service.wait)

        def programs():  # their ids; the kernel takes its time to free those of other tests
            listed = subprocess.run([bpftool, "prog", "list"], capture_output=True, text=True,
                                    check=True).stdout
            return set(re.findall(r"^(\d+): .* name call_begins", listed, re.MULTILINE))
        before = programs()
        running = self.start("profile", "--pid", service.pid, "--duration", "30s")
        ours = wait_until(lambda: programs() - before, 20)
        self.assertTrue(ours)
        running.process.kill()
        running.process.wait()
        self.assertTrue(wait_until(lambda: not programs() & ours, 20))
        self.assertIsNone(service.poll())
        service.send_signal(signal.SIGKILL)

    def test_stall_assert_tells_a_stall_with_exit_code_3(self):
        finished = self.run_command("stall-assert", "--max", "50ms", "-q", "--",
                                    *self.service("sleep"))
        self.assertEqual(finished.code, 3, finished)
        self.assertIn("sleeping", finished.stdout)
        self.assertIn("50ms", finished.stderr)

    def test_stall_assert_is_content_with_a_good_service(self):
        finished = self.run_command("stall-assert", "--max", "2s", "--", *self.service("nothing"))
        self.assertEqual(finished.code, 0, finished)

    def test_stall_assert_tells_that_the_command_failed(self):
        finished = self.run_command("stall-assert", "--max", "2s", "--",
                                    *self.service("nothing", 3, 7))
        self.assertEqual(finished.code, 1, finished)
        self.assert_one_sentence(finished, "exited with code 7")

    def test_stall_assert_does_not_judge_what_has_no_loop(self):
        finished = self.run_command("stall-assert", "--max", "2s", "--", "sleep", "0.2")
        self.assertEqual(finished.code, 1, finished)
        self.assert_one_sentence(finished, "no loop was found")


class TimingSharedLoopTest(ProfileTest):
    @classmethod
    def setUpClass(cls):
        skip_without("ebpf")

    def test_threads_with_nothing_to_do_are_not_blocked(self):
        for tier in ("ebpf", "proc"):
            idle = self.profile("--tier", tier, command=[SHARED_LOOP, "4"])
            self.assertEqual(own_stretches(idle), [])
            (loop,) = idle["loops"]
            self.assertGreater(loop["waiting_ns"], loop["working_ns"])  # which has the waits for a CPU

    def test_a_handler_that_sleeps_is_found_whatever_the_number_of_threads(self):
        for tier, threads in ("ebpf", "1"), ("ebpf", "4"), ("proc", "4"):
            blocked = own_stretches(
                self.profile("--tier", tier, command=[SHARED_LOOP, threads, "blocks"]))
            self.assertGreaterEqual(len(blocked), 2)
            for stretch in blocked:
                self.assertEqual(self.longest_share(stretch)["call"], "clock_nanosleep")
                self.assertEqual(stretch["cause"], "sleeping")
            # A busy machine may keep the profiler from a stack, but not from all of them.
            named = [stretch["blocker"] for stretch in blocked if stretch["blocker"]]
            self.assertTrue(named, blocked)
            for blocker in named:
                self.assertIn("shared_loop.cpp", blocker["file"])


if __name__ == "__main__":
    unittest.main()
