#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""When clang_tidy.py looks at a file again, and when it need not. The clang-tidy here only keeps a diary."""
import json
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "tools" / "lint"))
import clang_tidy  # noqa: E402

FAKE = """#!/bin/sh
[ "$1" = --version ] && { echo version 1; exit; }
for file; do :; done
echo "$file" >> DIARY
! grep -q wrong "$file"
"""


class ClangTidy(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.diary = self.folder / "diary"
        self.program = self.folder / "clang-tidy"
        self.program.write_text(FAKE.replace("DIARY", str(self.diary)))
        self.program.chmod(0o755)
        self.root = self.folder / "checkout"
        self.root.mkdir()
        (self.root / ".clang-tidy").write_text("Checks: x\n")
        (self.root / "a.hpp").write_text("int a();\n")
        (self.root / "a.cpp").write_text('#include "a.hpp"\nint b();\n')

    def look(self, root=None, flags=""):
        """What is found, in a run of its own; None for a file that was not looked at."""
        root = root or self.root
        clang_tidy.content_digest.cache_clear()
        self.diary.write_text("")
        tidy = clang_tidy.Tidy(root / "build", self.folder / "cache", str(self.program), root)
        file = str(root / "a.cpp")
        found = tidy.look_at({"directory": str(root), "file": file,
                              "command": f"c++ {flags} -I{root} -o a.o -c {file}"})
        self.assertEqual(self.diary.read_text() != "", found is not None)
        return found

    def test_what_was_clean_and_is_the_same_is_not_looked_at_again(self):
        self.assertEqual(self.look(), "")
        self.assertIsNone(self.look())

    def test_a_change_of_it_or_of_what_it_includes_or_of_the_settings_is_looked_at(self):
        self.look()
        for name in ("a.cpp", "a.hpp", ".clang-tidy"):
            with (self.root / name).open("a") as file:
                file.write("\n")
            self.assertEqual(self.look(), "", name)
            self.assertIsNone(self.look(), name)

    def test_so_are_other_flags(self):
        self.look()
        self.assertEqual(self.look(flags="-DX"), "")

    def test_what_it_was_before_is_remembered(self):
        self.look()
        before = (self.root / "a.hpp").read_text()
        (self.root / "a.hpp").write_text("int c();\n")
        self.look()
        (self.root / "a.hpp").write_text(before)
        self.assertIsNone(self.look())

    def test_another_checkout_of_the_same_is_known(self):
        self.look()
        other = self.folder / "other"
        shutil.copytree(self.root, other)
        self.assertIsNone(self.look(other))

    def test_what_has_findings_is_looked_at_until_it_has_none(self):
        (self.root / "a.cpp").write_text("wrong\n")
        for _ in range(2):
            self.assertIn("ended with 1", self.look())
        (self.root / "a.cpp").write_text("right\n")
        self.assertEqual(self.look(), "")

    def test_a_file_that_is_not_there_any_more_counts_as_changed(self):
        self.look()
        (self.root / "a.hpp").unlink()
        self.assertIsNotNone(self.look())


if __name__ == "__main__":
    unittest.main()
