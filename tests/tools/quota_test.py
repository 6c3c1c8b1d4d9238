# SPDX-License-Identifier: Apache-2.0
"""In a control group with half a CPU: pools are sized by the quota, and the report says so."""
import os
import pathlib
import unittest

from regatta_command import CommandTest, wait_until

BACKENDS = ["thread", "process", "tbb", "shared-memory"]


class HalfACpu:
    """A control group of its own, in version 1 or 2 of the interface; removed at the end."""

    def __init__(self):
        second = pathlib.Path("/sys/fs/cgroup/cgroup.controllers")
        name = f"regatta-quota-test-{os.getpid()}"
        if second.exists():
            if "cpu" not in second.read_text().split():
                raise OSError("the cpu controller is not in this control group")
            self.folder = second.parent / name
            limits = {"cpu.max": "50000 100000"}
        else:
            self.folder = pathlib.Path("/sys/fs/cgroup/cpu") / name
            limits = {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"}
        self.folder.mkdir()
        try:
            for file, value in limits.items():
                (self.folder / file).write_text(value)
        except OSError:
            self.folder.rmdir()
            raise

    def enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        wait_until(lambda: not (self.folder / "cgroup.procs").read_text())
        self.folder.rmdir()


class Quota(CommandTest):
    def test_half_a_cpu_means_one_worker_and_is_reported(self):
        try:
            group = HalfACpu()
        except OSError as error:
            self.skipTest(f"no control group can be made here: {error}")
        self.addCleanup(group.remove)
        flags = [part for name in BACKENDS for part in ("-b", name)]
        finished = self.run_command("run", "-w", "tokenize", *flags, "--no-card", "--budget", "10s",
                                    "--blocks", "30", preexec_fn=group.enter)
        self.assertEqual(finished.code, 0, finished)
        found = self.report()
        self.assertEqual(found["environment"]["usable_cpus"], 1)
        self.assertEqual(found["environment"]["quota_cpus"], 0.5)
        self.assertIn("quota 0.5 CPUs", finished.stdout.replace("\n", " "))
        self.assertGreater(found["throttled_during_run"]["throttled_periods"], 0)
        self.assertGreater(found["throttled_during_run"]["throttled_seconds"], 0)
        for label, cell in self.cells(found).items():
            with self.subTest(label):
                self.assertEqual(cell["outcome"], "ok", cell["reason"])
                self.assertEqual(cell["workers"], 1)


if __name__ == "__main__":
    unittest.main()
