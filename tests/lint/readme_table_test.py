#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""readme_table.py over a stand-in for the program."""
import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "tools" / "lint"))
import readme_table  # noqa: E402


class ReadmeTable(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.readme = Path(folder.name) / "README.md"
        self.program = Path(folder.name) / "regatta"
        self.program.write_text("#!/bin/sh\n[ \"$*\" = 'list --markdown' ] && echo '| new |'\n")
        self.program.chmod(0o755)

    def run_on(self, mode, text):
        self.readme.write_text(text)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return readme_table.main([mode, str(self.program), str(self.readme)])

    def page(self, table):
        return f"before\n{readme_table.BEGIN}\n{table}\n{readme_table.END}\nafter\n"

    def test_the_same_table_passes(self):
        self.assertEqual(self.run_on("--check", self.page("| new |")), 0)

    def test_another_table_fails_and_is_not_touched(self):
        self.assertEqual(self.run_on("--check", self.page("| old |")), 1)
        self.assertEqual(self.readme.read_text(), self.page("| old |"))

    def test_write_replaces_only_the_table(self):
        self.assertEqual(self.run_on("--write", self.page("| old |")), 0)
        self.assertEqual(self.readme.read_text(), self.page("| new |"))

    def test_a_missing_marker_fails_in_both_modes(self):
        for mode in ("--check", "--write"):
            self.assertEqual(self.run_on(mode, f"{readme_table.BEGIN}\nno end\n"), 1)

    def test_anything_else_is_a_usage_error(self):
        self.assertEqual(self.run_on("--mend", ""), 2)


if __name__ == "__main__":
    unittest.main()
