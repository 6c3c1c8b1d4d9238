# SPDX-License-Identifier: Apache-2.0
"""Items that hang, crash or throw, and processes that are killed while a run is under way."""
import os
import signal
import unittest

from regatta_command import (FAULTY, SMALL, CommandTest, arguments_of, children_of, wait_until)

IN_PROCESS = ["thread", "coroutine", "tbb"]
ISOLATING = ["process", "process:start=spawn", "shared-memory", "coroutine+process"]


def backend_flags(names):
    return [part for name in names for part in ("-b", name)]


class BrokenItems(CommandTest):
    def run_faulty(self, workload, backends, *more):
        finished = self.run_command("run", "-w", workload, *backend_flags(backends), *SMALL, *more,
                                    program=FAULTY)
        return finished, self.cells(self.report())

    def test_an_item_that_hangs_ends_its_cell_as_timed_out(self):
        finished, cells = self.run_faulty("faulty-hang", ["thread", "coroutine", "process"],
                                          "--item-timeout", "500ms")
        self.assertEqual(finished.code, 1, finished)
        self.assertLess(finished.seconds, 20)
        for label, cell in cells.items():
            with self.subTest(label):
                self.assertEqual(cell["outcome"], "timed out")
                self.assertIn("an item hangs", cell["reason"])
                self.assertEqual(cell["epochs"], [])
        self.assert_nothing_runs(within=5)

    def test_a_segmentation_fault_crashes_backends_that_do_not_isolate(self):
        finished, cells = self.run_faulty("faulty-segfault", IN_PROCESS)
        self.assertEqual(finished.code, 1, finished)
        for label, cell in cells.items():
            with self.subTest(label):
                self.assertEqual(cell["outcome"], "crashed")
                self.assertIn("SIGSEGV", cell["reason"])
                self.assertIn(f"on {label}: crashed: ", finished.stderr)
        self.assertNotIn("core dumped", finished.stderr)

    def test_a_segmentation_fault_costs_backends_with_workers_one_item_each(self):
        finished, cells = self.run_faulty("faulty-segfault", ISOLATING)
        self.assertEqual(finished.code, 0, finished)
        for label, cell in cells.items():
            with self.subTest(label):
                self.assertEqual(cell["outcome"], "ok", cell["reason"])
                # Two epochs to warm up and three measured, each with one such item.
                self.assertEqual(cell["failures"], 5)
                self.assertEqual(cell["workers_lost"], 5)
                self.assertIn("was killed by SIGSEGV", cell["first_failure"])
                self.assertIn("SIGSEGV", finished.stdout)

    def test_a_chunk_with_a_killer_in_it_loses_the_killer_only(self):
        _, cells = self.run_faulty("faulty-kill", ["process:chunk=4"])
        self.assertEqual(cells["process:chunk=4"]["failures"], 1)
        self.assertIn("SIGKILL", cells["process:chunk=4"]["first_failure"])

    def test_one_crash_after_good_epochs_leaves_no_times(self):
        _, cells = self.run_faulty("faulty-kill", ["thread", "process"])
        self.assertEqual(cells["thread"]["outcome"], "crashed")
        self.assertEqual(cells["thread"]["epochs"], [])
        self.assertIsNone(cells["thread"]["median_throughput"])
        self.assertEqual(cells["process"]["failures"], 1)
        self.assertEqual(len(cells["process"]["epochs"]), 3)

    def test_items_that_throw_fail_with_their_text(self):
        finished, cells = self.run_faulty("faulty-throws", IN_PROCESS + ISOLATING)
        self.assertEqual(finished.code, 1, finished)
        for label, cell in cells.items():
            with self.subTest(label):
                self.assertEqual(cell["outcome"], "failed")
                self.assertIn("the faulty item threw this sentence", cell["reason"])

    def test_a_count_that_loses_updates_is_a_wrong_answer_in_both_colours(self):
        finished, cells = self.run_faulty("faulty-counter", ["thread", "coroutine", "process"])
        self.assertEqual(finished.code, 1, finished)
        for label, cell in cells.items():
            with self.subTest(label):
                self.assertEqual(cell["outcome"], "wrong answer")
                self.assertIn("differ from the serial reference", cell["reason"])
                self.assertEqual(cell["epochs"], [])


class KilledProcesses(CommandTest):
    def test_a_killed_worker_is_replaced_and_costs_one_item_at_most(self):
        """One if it was at an item, none if it was idle. (A kill in the middle of one: faulty-kill.)"""
        backends = ["process", "shared-memory", "coroutine+process"]
        running = self.start("run", "-w", "tokenize", *backend_flags(backends), "--no-card",
                             "--budget", "20s", "--blocks", "12")
        self.assertTrue(running.wait_for_stderr("block 1"), "it never began to measure")
        cells = [pid for pid in children_of(running.pid) if "internal-cell" in arguments_of(pid)]
        self.assertEqual(len(cells), 3)
        for cell in cells:
            os.kill(children_of(cell)[-1], signal.SIGKILL)
        finished = running.finish()
        self.assertEqual(finished.code, 0, finished)
        for label, cell in self.cells(self.report()).items():
            with self.subTest(label):
                self.assertEqual(cell["outcome"], "ok", cell["reason"])
                self.assertGreaterEqual(cell["workers_lost"], 1)
                self.assertLessEqual(cell["failures"], 1)
                if cell["failures"]:
                    self.assertIn("SIGKILL", cell["first_failure"])

    def test_a_killed_cell_has_crashed_and_the_others_go_on(self):
        running = self.start("run", "-w", "tokenize", *backend_flags(["thread", "process"]),
                             "--no-card", "--budget", "20s", "--blocks", "12")
        self.assertTrue(running.wait_for_stderr("block 1"), "it never began to measure")
        with_workers = [pid for pid in children_of(running.pid) if children_of(pid)]
        self.assertEqual(len(with_workers), 1)
        os.kill(with_workers[0], signal.SIGKILL)
        finished = running.finish()
        self.assertEqual(finished.code, 1, finished)
        cells = self.cells(self.report())
        self.assertEqual(cells["process"]["outcome"], "crashed")
        self.assertIn("SIGKILL", cells["process"]["reason"])
        self.assertEqual(len(cells["thread"]["epochs"]), 12)
        self.assert_nothing_runs(within=5)

    def test_a_killed_mock_server_is_named_once_and_for_each_cell(self):
        running = self.start("run", "-w", "llm-complete", *backend_flags(["coroutine", "thread"]),
                             "--no-card", "--budget", "20s", "--blocks", "60", "--in-flight", "4")
        self.assertTrue(running.wait_for_stderr("block 1"), "it never began to measure")
        servers = [pid for pid in children_of(running.pid) if "mock-llm" in arguments_of(pid)]
        self.assertEqual(len(servers), 1)
        os.kill(servers[0], signal.SIGKILL)
        finished = running.finish()
        self.assertEqual(finished.code, 1, finished)
        sentence = f"the mock LLM server (pid {servers[0]}) was killed by SIGKILL"
        self.assertIn(sentence, finished.stderr)
        self.assertNotIn("/usr/include", finished.stderr)
        for label, cell in self.cells(self.report()).items():
            with self.subTest(label):
                self.assertEqual(cell["outcome"], "failed")
                self.assertIn(sentence, cell["reason"])
        self.assert_nothing_runs(within=5)
        self.assertTrue(wait_until(lambda: not list(self.temporary.iterdir()), 1),
                        list(self.temporary.iterdir()))


if __name__ == "__main__":
    unittest.main()
