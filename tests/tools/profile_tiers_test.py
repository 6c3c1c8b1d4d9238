# SPDX-License-Identifier: Apache-2.0
"""What is found without eBPF: by perf events, and by samples of /proc alone."""
import os
import shutil
import subprocess
import sys
import unittest

from regatta_profile import (SHARED_LOOP, ProfileTest, missing, own_stretches, skip_without,
                             stretches)


class TimingSampledProfileTest(ProfileTest):
    def test_a_handler_that_waits_for_another_thread_is_a_block_in_a_shared_loop_too(self):
        for threads in ("1", "4"):
            waits = own_stretches(
                self.profile("--tier", "proc", command=[SHARED_LOOP, threads, "waits"]))
            self.assertGreaterEqual(len(waits), 2)
            for stretch in waits:
                self.assertEqual(stretch["cause"], "a condition variable")
                self.assertIn("shared_loop.cpp", stretch["blocker"]["file"])

    def test_a_sleep_in_a_handler_is_a_block(self):
        profile = self.profile("--tier", "proc", command=self.service("sleep"))
        self.assertEqual(profile["tier"], "/proc")
        self.assert_ledgers_add_up(profile)
        self.assertGreaterEqual(len(stretches(profile)), 2)
        for stretch in stretches(profile):
            self.assertEqual(stretch["cause"], "sleeping")

    def test_a_computation_in_a_handler_is_never_called_a_block(self):
        profile = self.profile("--tier", "proc", command=self.service("compute"))
        self.assertEqual(stretches(profile), [])
        (loop,) = profile["loops"]
        self.assertGreater(loop["saturated_share"], 0)

    def test_by_ptrace_it_is_known_what_was_computed(self):
        profile = self.profile("--tier", "ptrace", command=self.service("compute"))
        self.assertEqual(profile["tier"], "/proc and ptrace")
        self.assertEqual(stretches(profile), [])
        (loop,) = profile["loops"]
        self.assertTrue(loop["saturated_in"], profile["notes"])
        self.assertEqual(loop["saturated_in"][0]["blocker"]["function"], "compute")

    def test_a_service_that_does_nothing_wrong_has_no_stretch(self):
        profile = self.profile("--tier", "proc", command=self.service("nothing", 8))
        self.assertEqual(stretches(profile), [])


class TimingPerfProfileTest(ProfileTest):
    """Switches and samples: what the same user sees without any privilege."""

    @classmethod
    def setUpClass(cls):
        skip_without("perf")

    def profile_of(self, fault, times=4):
        profile = self.profile("--tier", "perf", command=self.service(fault, times))
        self.assertEqual(profile["tier"], "perf events")
        self.assert_ledgers_add_up(profile)
        return profile

    def test_a_sleep_in_a_handler(self):
        own = own_stretches(self.profile_of("sleep"))
        self.assertGreaterEqual(len(own), 3)
        for stretch in own:
            self.assertEqual(self.longest_share(stretch)["call"], "clock_nanosleep")
            self.assertEqual(stretch["cause"], "sleeping")

    def test_a_computation_in_a_handler(self):
        profile = self.profile_of("compute")
        if any("no breakpoints" in note for note in profile["notes"]):
            self.skipTest("there are no breakpoints to tell one long callback from many short ones")
        found = stretches(profile)
        if not any("nobody knows" in note for note in profile["notes"]):  # a busy machine
            self.assertGreaterEqual(len(found), 2)
        for stretch in found:
            self.assertIn(stretch["cause"], ("computing", "waiting for a CPU"))

    def test_a_service_that_does_nothing_wrong_has_no_stretch(self):
        self.assertEqual(own_stretches(self.profile_of("nothing", 8)), [])

    def test_many_short_callbacks_are_no_stretch(self):
        for tier in ("perf", "ebpf"):
            if tier == "ebpf" and missing("ebpf"):
                continue
            profile = self.profile("--tier", tier, "--duration", "2s", command=[
                sys.executable, "-c", "import asyncio\nasync def f():\n await asyncio.sleep(0.3)\n"
                " while True: await asyncio.sleep(0)\nasyncio.run(f())"])
            self.assertEqual(own_stretches(profile), [], tier)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_without_root(self):
        program = shutil.copy(os.environ["REGATTA"], self.folder)
        os.chmod(self.folder, 0o777)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        service = subprocess.Popen(["/usr/bin/python3", "service.py", "sleep", "12"],
                                   cwd=self.folder, **nobody)
        self.addCleanup(service.wait)
        self.addCleanup(service.kill)
        theirs = self.start("profile", "--pid", service.pid, "--duration", "3s", "-o",
                            "json=profile.json", program=program, **nobody).finish(30)
        self.assertEqual(theirs.code, 0, theirs)
        profile = self.report("profile.json")
        (without,) = profile["missing_tiers"]
        self.assertEqual(without["tier"], "eBPF")
        self.assertIn("root", without["reason"])
        self.assertEqual(profile["tier"], "perf events")
        own = own_stretches(profile)
        self.assertGreaterEqual(len(own), 2)
        for stretch in own:
            self.assertEqual(stretch["cause"], "sleeping")
            self.assertEqual(stretch["blocker"]["function"], "sleep")


if __name__ == "__main__":
    unittest.main()
