# SPDX-License-Identifier: Apache-2.0
"""Whatever ends a run, it leaves no process and no file behind."""
import os
import signal
import time
import unittest

from regatta_command import CommandTest, children_of

# All the ways in which regatta starts processes.
BACKENDS = ["process", "process:start=forkserver", "process:start=spawn", "shared-memory",
            "coroutine+process", "coroutine+process:start=forkserver",
            "coroutine+process:start=spawn"]
ENDLESS = ["--no-card", "--budget", "60s", "--blocks", "100000"]


def backend_flags(names):
    return [part for name in names for part in ("-b", name)]


def shared_memory_files():
    return set(os.listdir("/dev/shm"))


class Interruption(CommandTest):
    def start_measuring(self, workload="tokenize", backends=("process", "shared-memory", "thread"),
                        until="block 1"):
        running = self.start("run", "-w", workload, *backend_flags(backends), *ENDLESS)
        self.assertTrue(running.wait_for_stderr(until), "it never got there")
        return running

    def assert_interrupted_cleanly(self, finished):
        self.assertEqual(finished.code, 130, finished)
        self.assertIn("interrupted", finished.stderr)
        self.assert_nothing_runs(within=5)
        self.assertEqual(list(self.temporary.iterdir()), [])
        found = self.report()
        self.assertIs(found["interrupted"], True)
        self.assertIs(found["complete"], False)
        return found

    def test_ctrl_c_keeps_what_was_measured(self):
        before = shared_memory_files()
        running = self.start_measuring()
        time.sleep(0.5)  # a few blocks
        os.killpg(running.pid, signal.SIGINT)
        pressed = time.monotonic()
        finished = running.finish(timeout=10)
        self.assertLess(time.monotonic() - pressed, 5)
        found = self.assert_interrupted_cleanly(finished)
        self.assertEqual(shared_memory_files() - before, set())
        self.assertTrue(any(cell["epochs"] for cell in self.cells(found).values()))
        for cell in self.cells(found).values():
            if cell["outcome"] == "ok":
                self.assertGreater(len(cell["epochs"]), 0)

    def test_ctrl_c_counts_in_every_phase(self):
        for phase in ("serial reference", "starting", "warming up"):
            with self.subTest(phase):
                running = self.start_measuring("rag", until=phase)
                os.killpg(running.pid, signal.SIGINT)
                self.assert_interrupted_cleanly(running.finish(timeout=10))

    def test_ctrl_c_during_the_machine_card_ends_the_run(self):
        running = self.start("run", "-w", "tokenize", "-b", "thread", "--budget", "60s",
                             "--blocks", "100000")
        self.assertTrue(running.wait_for_stderr("machine card"))
        os.killpg(running.pid, signal.SIGINT)
        finished = running.finish(timeout=10)
        self.assertEqual(finished.code, 130, finished)
        self.assert_nothing_runs(within=5)

    def test_termination_is_an_interruption_too(self):
        running = self.start_measuring()
        running.process.terminate()
        self.assert_interrupted_cleanly(running.finish(timeout=10))

    def test_ctrl_c_twice_ends_at_once(self):
        running = self.start_measuring()
        for _ in range(2):
            os.killpg(running.pid, signal.SIGINT)
            time.sleep(0.002)
        finished = running.finish(timeout=2)
        self.assertEqual(finished.code, 130, finished)
        self.assert_nothing_runs(within=5)

    def test_nothing_outlives_a_killed_regatta(self):
        before = shared_memory_files()
        running = self.start_measuring(backends=BACKENDS)
        self.assertGreater(len(self.our_processes()), 3 * len(BACKENDS))
        running.process.kill()
        running.process.wait()
        self.assert_nothing_runs(within=5)
        self.assertEqual(shared_memory_files() - before, set())

    def test_no_server_outlives_a_killed_regatta(self):
        running = self.start_measuring("rag", backends=("coroutine", "process"))
        self.assertGreaterEqual(len(children_of(running.pid)), 3)
        running.process.kill()
        running.process.wait()
        self.assert_nothing_runs(within=5)

    def test_no_worker_outlives_a_run_that_ends_by_itself(self):
        finished = self.run_command("run", "-w", "tokenize", *backend_flags(BACKENDS), "--no-card",
                                    "--budget", "3s", "--blocks", "1")
        self.assertEqual(finished.code, 0, finished)
        self.assertEqual(self.our_processes(), [])
        self.assertEqual(list(self.temporary.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
