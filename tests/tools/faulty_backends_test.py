# SPDX-License-Identifier: Apache-2.0
"""A backend that answers wrong has no times, and the others are measured all the same."""
import unittest

from regatta_command import FAULTY, SMALL, CommandTest

REASONS = {
    "faulty-drops": "never answered",
    "faulty-repeats": "given twice",
    "faulty-corrupts": "differ from the serial reference",
    "faulty-swaps": "answered twice and others never",
}


class FaultyBackends(CommandTest):
    def setUp(self):
        super().setUp()
        self.finished = self.run_command("run", "-w", "tokenize", "-b", "thread", "-b", "faulty-*",
                                         *SMALL, program=FAULTY)
        self.found = self.report()

    def test_each_ends_as_wrong_answer_without_times(self):
        cells = self.cells(self.found)
        for label, reason in REASONS.items():
            with self.subTest(label):
                cell = cells[label]
                self.assertEqual(cell["outcome"], "wrong answer")
                self.assertIn(reason, cell["reason"])
                self.assertEqual(cell["epochs"], [])
                self.assertIsNone(cell["median_throughput"])
                self.assertIsNone(cell["per_item"])
                times = {key: value for key, value in (cell["latency"] or {}).items()
                         if key != "count"}
                self.assertEqual([value for value in times.values() if value is not None], [])

    def test_each_has_one_sentence_on_stderr_and_the_exit_code_says_error(self):
        self.assertEqual(self.finished.code, 1, self.finished)
        for label in REASONS:
            lines = [line for line in self.finished.stderr.splitlines()
                     if f" on {label}: wrong answer: " in line]
            self.assertEqual(len(lines), 1, self.finished)

    def test_a_healthy_rival_is_measured_and_recommended(self):
        rival = self.cells(self.found)["thread"]
        self.assertEqual(rival["outcome"], "ok")
        self.assertEqual(len(rival["epochs"]), 3)
        self.assertGreater(rival["median_throughput"], 0)
        self.assertEqual(self.found["workloads"][0]["recommendation"]["choice"], ["thread"])
        self.assertIn("Use thread", self.finished.stdout)

    def test_what_is_unavailable_says_why_and_is_no_error(self):
        cell = self.cells(self.found)["faulty-unavailable"]
        self.assertEqual(cell["outcome"], "unavailable")
        self.assertEqual(cell["reason"], "this machine has no flux capacitor")
        self.assertIn("no flux capacitor", self.finished.stdout)
        alone = self.run_command("run", "-w", "tokenize", "-b", "faulty-unavailable", *SMALL,
                                 program=FAULTY)
        self.assertEqual(alone.code, 0, alone)


if __name__ == "__main__":
    unittest.main()
