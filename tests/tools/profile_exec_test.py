# SPDX-License-Identifier: Apache-2.0
"""A profiled process that executes another program: the profile goes on with what runs then."""
import os
import subprocess
import sys
import unittest

from regatta_command import CommandTest

SHARED_LOOP = os.path.join(os.environ.get("PROFILE_TARGETS", "."), "shared_loop")

# A loop of Python's that blocks once, and then is a program of C++ whose handlers block.
CHANGES = r"""
import asyncio, os, sys, time
async def main():
    await asyncio.sleep(0.3)
    time.sleep(0.25)
    await asyncio.sleep(0.3)
    os.execv(sys.argv[1], [sys.argv[1], "1", "blocks"])
asyncio.run(main())
"""


def missing(tier):
    """Why this tier is not to be had; None if it is."""
    tried = subprocess.run([os.environ.get("REGATTA", "regatta"), "profile", "--tier", tier, "--", "true"],
                           capture_output=True, text=True, timeout=60, check=False)
    return None if tried.returncode == 0 else tried.stderr.strip()


class TimingProfileExecTest(CommandTest):
    def profile(self, tier):
        reason = missing(tier)
        if reason:
            self.skipTest(reason)
        (self.folder / "changes.py").write_text(CHANGES)
        finished = self.run_command("profile", "--tier", tier, "--requests", "off", "-q", "-o", "p.json", "--",
                                    sys.executable, "changes.py", SHARED_LOOP)
        self.assertEqual(finished.code, 0, finished)
        profile = self.report("p.json")
        self.assertEqual(profile["process"]["name"], "shared_loop")
        self.assertEqual(profile["process"]["end"], "exited with code 0")
        self.assert_nothing_runs(10)
        # Without those that a busy machine made by giving it no CPU.
        return [stretch for loop in profile["loops"] for stretch in loop["stretches"]
                if stretch["cause"] != "waiting for a CPU"]

    def assert_new_program_is_found(self, stretches):
        found = [stretch for stretch in stretches
                 if (stretch["blocker"] or {}).get("file", "").endswith("shared_loop.cpp")]
        self.assertGreaterEqual(len(found), 2, stretches)
        for stretch in found:
            self.assertEqual(stretch["cause"], "sleeping")

    def test_by_ebpf(self):
        stretches = self.profile("ebpf")
        self.assert_new_program_is_found(stretches)
        first = min(stretches, key=lambda each: each["begin_ns"])
        self.assertEqual(first["cause"], "sleeping")
        self.assertNotIn("shared_loop.cpp", str(first["stack"]))

    def test_by_perf_events(self):
        self.assert_new_program_is_found(self.profile("perf"))

    def test_by_proc(self):
        self.assert_new_program_is_found(self.profile("proc"))


if __name__ == "__main__":
    unittest.main()
