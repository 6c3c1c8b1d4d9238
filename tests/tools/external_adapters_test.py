# SPDX-License-Identifier: Apache-2.0
"""Adapters of other runtimes: the ones that come along, and hostile ones."""
import pathlib
import shutil
import sys
import unittest

from regatta_command import SMALL, CommandTest

HOSTILE = pathlib.Path(__file__).with_name("hostile_adapter.py")
# How it misbehaves → its outcome, and what the reason says.
HOSTILE_ENDS = {
    "cannot-open": ("unavailable", "the moon is in the wrong phase"),
    "opens-with-nonsense": ("unavailable", '"workers" is missing or of the wrong type'),
    "dies": ("failed", "exited with code 1; its last words: out of luck"),
    "babbles": ("failed", "said what is no JSON object: 'Segmentation fault (core not dumped)'"),
    "hangs": ("timed out", "no answer within"),
    "answers-wrong": ("wrong answer", "5 of 5"),
    "digests-wrong": ("wrong answer", "5 of 5"),
    "throws": ("failed", "not today"),
    "lies-about-time": ("failed", "lie outside of the epoch"),
    "comes-from-the-future": ("failed", "lie outside of the epoch"),
    "forgets": ("wrong answer", ""),
    "repeats": ("wrong answer", ""),
    "invents": ("failed", "told of item 3 of an epoch of 3"),
}


class ExternalAdapters(CommandTest):
    def run_adapter(self, how, *more):
        return self.run_command("run", "-w", "tokenize", "-b", "serial", *SMALL, *more,
                                "--external", f"{sys.executable} {HOSTILE} {how}")

    def test_hostile_adapters_end_with_an_outcome_and_a_reason_and_the_rest_goes_on(self):
        for how, (outcome, reason) in HOSTILE_ENDS.items():
            with self.subTest(how):
                finished = self.run_adapter(how, "--item-timeout", "500ms")
                cells = self.cells(self.report())
                self.assertEqual(cells["hostile-it"]["outcome"], outcome, cells["hostile-it"])
                self.assertIn(reason, cells["hostile-it"]["reason"])
                self.assertEqual(cells["hostile-it"]["epochs"], [])
                self.assertEqual(cells["serial"]["outcome"], "ok")
                self.assertEqual(finished.code, 0 if outcome == "unavailable" else 1, finished)
        self.assert_nothing_runs(within=5)

    def test_an_adapter_that_cannot_introduce_itself_is_a_usage_error(self):
        for how, reason in (("dies-at-once", "its last words: no module named luck"),
                            ("greets-with-garbage", "'Welcome to the adapter!'"),
                            ("other-protocol", "speaks protocol 9, this regatta speaks 1")):
            with self.subTest(how):
                finished = self.run_adapter(how)
                self.assertEqual(finished.code, 2, finished)
                self.assert_one_sentence(finished, reason, "docs/external-backends.md")
        finished = self.run_command("run", "--external", "no-such-program here")
        self.assertEqual(finished.code, 2, finished)
        self.assert_one_sentence(finished, "there is no program 'no-such-program'")

    def test_python_is_raced_only_when_asked_for(self):
        self.run_command("run", "-w", "tokenize", "-p", "payload=512", *SMALL)
        self.assertFalse([label for label in self.cells(self.report()) if "python" in label])

    def test_python_is_raced_beside_ours_and_leaves_nothing_behind(self):
        before = set(pathlib.Path("/dev/shm").iterdir())
        finished = self.run_command("run", "-w", "tokenize", "-p", "payload=512", "-b",
                                    "serial,python-*", "-b", "python-process:start=spawn",
                                    "--budget", "6s", "--no-card", "--blocks", "3")
        self.assertEqual(finished.code, 0, finished)
        cells = self.cells(self.report())
        self.assertEqual(set(cells), {"serial", "python-asyncio", "python-thread", "python-process",
                                      "python-shared-memory", "python-process:start=spawn"})
        for label, cell in cells.items():
            with self.subTest(label):
                self.assertEqual(cell["outcome"], "ok", cell["reason"])
                self.assertGreater(cell["per_item"]["user_seconds"], 0)
                self.assertGreater(cell["memory"]["peak_pss_bytes"], 0)
        self.assert_nothing_runs(within=5)
        self.assertEqual(set(pathlib.Path("/dev/shm").iterdir()), before)

    def test_without_an_interpreter_or_the_adapter_python_is_unavailable(self):
        for environment, options, reason in (
                ({}, "python=/no/python", "cannot start /no/python"),
                ({"REGATTA_ADAPTERS": str(self.folder)}, "workers=2", "REGATTA_ADAPTERS")):
            with self.subTest(reason):
                finished = self.run_command("run", "-w", "tokenize", "-b", "serial", "-b",
                                            f"python-thread:{options}", *SMALL,
                                            environment=self.environment(**environment))
                self.assertEqual(finished.code, 0, finished)
                cell = self.cells(self.report())[f"python-thread:{options}"]
                self.assertEqual(cell["outcome"], "unavailable")
                self.assertIn(reason, cell["reason"])

    @unittest.skipUnless(shutil.which("node"), "there is no node here")
    def test_node_is_raced_by_its_command(self):
        adapter = HOSTILE.parents[2] / "tools/adapters/node_twin.mjs"
        finished = self.run_command("run", "-w", "tokenize", "-p", "payload=512", "-b", "serial",
                                    "--external", f"node {adapter}", *SMALL)
        self.assertEqual(finished.code, 0, finished)
        cells = self.cells(self.report())
        self.assertEqual(cells["node-promises"]["outcome"], "ok", cells["node-promises"])
        self.assertEqual(cells["node-worker-threads"]["outcome"], "ok")
        self.assert_nothing_runs(within=5)


class InterpreterLock(CommandTest):
    def test_the_report_names_the_model_and_other_locks_are_not_compared_as_alike(self):
        for lock in ("none", "gil", "free-threaded"):
            finished = self.run_command("run", "-w", "tokenize", "-b", "serial,thread", *SMALL,
                                        "--lock", lock, "-o", f"{lock}.json")
            self.assertEqual(finished.code, 0, finished)
            self.assertEqual(self.report(f"{lock}.json")["method"]["interpreter_lock"], lock)
            self.assertEqual(f"model '{lock}'" in finished.stdout, lock != "none", finished)
        compared = self.run_command("compare", "none.json", "gil.json")
        self.assertIn("interpreter lock", compared.stdout)
        self.assertNotIn("moved", compared.stdout.lower().split("interpreter lock")[0])

    def test_a_model_that_does_not_exist_is_a_usage_error(self):
        finished = self.run_command("run", "--lock", "gill")
        self.assertEqual(finished.code, 2, finished)
        self.assert_one_sentence(finished, "--lock takes none, gil or free-threaded, not 'gill'")


if __name__ == "__main__":
    unittest.main()
