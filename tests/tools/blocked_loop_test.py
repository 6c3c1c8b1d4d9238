# SPDX-License-Identifier: Apache-2.0
"""What computes on an event loop is a finding of its cell; what offloads it has none."""
import unittest

from regatta_command import FAULTY, CommandTest

# Items of 30 ms CPU time, and the functions that take it.
BURNERS = ("burn_cpu", "burn")
BURN = ["run", "-w", "paced-burn", "--no-card", "--budget", "20s", "-q"]


class BlockedLoop(CommandTest):
    def run_burn(self, blocks, *flags):
        finished = self.run_command(*BURN, "--blocks", blocks, *flags, program=FAULTY)
        self.assertEqual((finished.code, finished.stderr), (0, ""), finished)
        self.words = " ".join(finished.stdout.split())
        found = self.report()
        (workload,) = found["workloads"]
        self.because = workload["recommendation"]["because"]
        return found["method"]["blocked_over_seconds"], self.cells(found)

    def test_computing_on_the_loop_is_found_with_its_place_and_offloading_is_not(self):
        threshold, cells = self.run_burn(10, "-b", "coroutine", "-b", "coroutine+process",
                                         "-b", "thread")
        self.assertEqual(threshold, 0.01)
        (found,) = cells["coroutine"]["findings"]
        self.assertEqual((found["kind"], found["threshold_seconds"], found["cause"]),
                         ("blocked loop", 0.01, "computing"))
        items = found["items"]
        self.assertEqual(items, sum(epoch["items"] for epoch in cells["coroutine"]["epochs"]))
        # Each item is one; where the machine is busy a few are missed.
        self.assertGreaterEqual(found["stretches"], 0.8 * items)
        self.assertLessEqual(found["stretches"], items)
        self.assertGreater(found["longest_seconds"], 0.028)
        self.assertGreater(found["blocked_seconds"], 0.02 * found["stretches"])
        # It was seen in epochs only, not in what lies between them.
        epochs = sum(epoch["elapsed_seconds"] for epoch in cells["coroutine"]["epochs"])
        self.assertLess(found["blocked_seconds"], 1.05 * epochs)
        self.assertIn(found["function"], BURNERS)
        self.assertGreater(found["looked_at"], 0)
        self.assertEqual(cells["coroutine+process"]["findings"], [])
        self.assertIsNone(cells["thread"]["findings"])  # it has no event loop

        self.assertIn("found coroutine: An event loop was blocked for more than 10 ms", self.words)
        (reason,) = [each for each in self.because if "on its event loop" in each]
        self.assertTrue(reason.startswith("coroutine computed on its event loop: "), reason)
        self.assertTrue(reason.endswith("; coroutine+process had none."), reason)

    def test_every_asynchronous_backend_is_watched(self):
        _, cells = self.run_burn(8, "-b", "coroutine*")
        self.assertEqual(len(cells), 5)
        for label, cell in cells.items():
            self.assertIsNotNone(cell["findings"], label)
            burned = any(found["function"] in BURNERS for found in cell["findings"])
            self.assertEqual(burned, label in ("coroutine", "coroutine-mt"),
                             (label, cell["findings"]))

    def test_nobody_looks_if_that_is_asked_for(self):
        for flags in (["--no-monitor"], ["--objective", "memory"]):
            with self.subTest(flags):
                threshold, cells = self.run_burn(2, "-b", "coroutine", *flags)
                self.assertIsNone(threshold)
                self.assertIsNone(cells["coroutine"]["findings"])
                self.assertNotIn("event loop", self.words)


if __name__ == "__main__":
    unittest.main()
