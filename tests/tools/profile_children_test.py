# SPDX-License-Identifier: Apache-2.0
"""What a profiled process forks is watched with it."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

from regatta_command import wait_until
from regatta_profile import ProfileTest, missing, own_stretches, stretches


# Two workers that it forks, each with a loop of its own.
WORKERS = r"""
import asyncio, os, sys, time
async def serve():
    for turn in range(4):
        await asyncio.sleep(0.3); time.sleep(0.25)
    await asyncio.sleep(0.2)
workers = []
for _ in range(2):
    workers.append(os.fork())
    if workers[-1] == 0:
        asyncio.run(serve()); os._exit(0)
for worker in workers: os.wait()
"""


class TimingChildrenProfileTest(ProfileTest):
    def tiers(self):
        return [tier for tier in ("ebpf", "perf", "proc") if not missing(tier)]

    def test_what_a_process_forks_is_watched_as_well(self):
        (self.folder / "workers.py").write_text(WORKERS)
        for tier in self.tiers():
            profile = self.profile("--tier", tier, command=[sys.executable, "workers.py"])
            self.assert_ledgers_add_up(profile)
            blocked = [loop for loop in profile["loops"] if loop["stretches"]]
            self.assertEqual(len(blocked), 2, profile)
            for loop in blocked:
                self.assertRegex(loop["loop"], r"^epoll \d+ of process \d+$")
                self.assertGreaterEqual(len(loop["stretches"]), 4 if tier == "ebpf" else 2)
                for stretch in loop["stretches"]:
                    self.assertEqual(stretch["cause"], "sleeping")
                    self.assertEqual(stretch["loop"], loop["loop"])

    def test_children_that_run_already_are_watched_and_may_die(self):
        (self.folder / "workers.py").write_text(WORKERS)
        for tier in self.tiers():
            service = subprocess.Popen([sys.executable, "workers.py"], cwd=self.folder)
            self.addCleanup(service.wait)
            children = f"/proc/{service.pid}/task/{service.pid}/children"
            two = wait_until(lambda: pathlib.Path(children).read_text().split()[1:], 20)
            running = self.start("profile", "--tier", tier, "--pid", service.pid, "--duration",
                                 "30s", "-o", f"{tier}.json")
            time.sleep(1)
            os.kill(int(two[0]), signal.SIGKILL)
            finished = running.finish(40)
            self.assertEqual(finished.code, 0, finished)
            self.assertTrue(own_stretches(self.report(f"{tier}.json")), finished)

    @unittest.skipUnless(shutil.which("unshare"), "there is no unshare to make a namespace with")
    def test_a_container_is_watched_from_outside(self):
        inside = ["unshare", "--pid", "--fork"]
        tried = subprocess.run([*inside, "true"], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            self.skipTest(f"no PID namespace can be made: {tried.stderr.strip()}")
        for tier in self.tiers():
            profile = self.profile("--tier", tier, command=[*inside, *self.service("sleep", 8)])
            own = own_stretches(profile)
            self.assertGreaterEqual(len(own), 2, profile)
            for stretch in own:
                self.assertEqual(stretch["cause"], "sleeping")
            named = [stretch["blocker"]["function"] for stretch in own if stretch["blocker"]]
            self.assertIn("sleep", named, profile)

    def test_children_can_be_left_out(self):
        (self.folder / "workers.py").write_text(WORKERS)
        for tier in self.tiers():
            profile = self.profile("--tier", tier, "--no-children",
                                   command=[sys.executable, "workers.py"])
            self.assertEqual(stretches(profile), [])


if __name__ == "__main__":
    unittest.main()
