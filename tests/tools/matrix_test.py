# SPDX-License-Identifier: Apache-2.0
"""`regatta matrix` as a user runs it."""
import json
import unittest

from regatta_command import CommandTest


class Matrix(CommandTest):
    def test_measures_a_row_under_each_lock(self):
        finished = self.run_command("matrix", "--row", "pure-Python preprocessing", "--lock", "none,gil", "-b",
                                    "thread,process", "--budget", "12s", "-o", "matrix.json", "-o", "matrix.md")
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("pure-Python preprocessing", finished.stdout)
        found = json.loads((self.folder / "matrix.json").read_text())
        self.assertTrue(found["complete"])
        (row,) = found["rows"]
        self.assertEqual([answer["lock"] for answer in row["answers"]], ["none", "gil"])
        for answer in row["answers"]:
            self.assertTrue(answer["recommendation"]["standings"], finished)
        markdown = (self.folder / "matrix.md").read_text().splitlines()
        self.assertTrue(markdown[0].startswith("| scenario |"), markdown)
        self.assertEqual([line[0] for line in markdown[:3]], ["|"] * 3, "no line between the rows of a table")
        self.assert_nothing_runs(within=5)

    def test_ctrl_c_keeps_what_there_is(self):
        running = self.start("matrix", "--lock", "none", "-b", "thread,coroutine", "--budget", "5m", "-o",
                             "matrix.json")
        self.assertTrue(running.wait_for_stderr("many LLM calls"))
        running.process.send_signal(2)
        finished = running.finish()
        self.assertEqual(finished.code, 130, finished)
        found = json.loads((self.folder / "matrix.json").read_text())
        self.assertFalse(found["complete"])
        self.assertEqual(len(found["rows"]), 7)
        self.assert_nothing_runs(within=5)

    def test_bad_input_is_one_sentence(self):
        for arguments, part in (
                (["--row", "many LLM cals"], "did you mean 'many LLM calls'?"),
                (["--lock", "gli"], "gil"),
                (["-b", "tread"], "did you mean"),
                (["--budget", "soon"], "--budget takes a time"),
                (["-o", "html=page.html"], "html")):
            with self.subTest(arguments):
                finished = self.run_command("matrix", *arguments)
                self.assertEqual(finished.code, 2, finished)
                self.assert_one_sentence(finished, part)
                self.assertEqual(finished.stdout, "")


if __name__ == "__main__":
    unittest.main()
