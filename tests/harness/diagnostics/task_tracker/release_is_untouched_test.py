#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A release build is the same object code with the tracker's header and without; a debug build is not."""
import functools
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ["ROOT"])
COMPILER = [*os.environ["CACHE"].split(), os.environ["CXX"]]
HEADER = ROOT / "harness/diagnostics/task_tracker/track_asio.hpp"
SOURCES = [ROOT / "tests/harness/diagnostics/programs/tracked_program.cpp",
           ROOT / "tests/harness/tasks/async_task_test.cpp"]


@functools.cache
def object_code(source, *flags):
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "object.o"
        subprocess.run([*COMPILER, "-std=c++20", "-I", ROOT, "-O2", "-w", *flags, "-c", source,
                        "-o", target], check=True)
        return target.read_bytes()


class ReleaseIsUntouched(unittest.TestCase):
    def test_with_ndebug_the_header_changes_no_byte(self):
        for source in SOURCES:
            with self.subTest(source=source.name):
                self.assertEqual(object_code(source, "-DNDEBUG"),
                                 object_code(source, "-DNDEBUG", "-include", HEADER))

    def test_switched_off_by_hand_it_changes_no_byte_either(self):
        self.assertEqual(object_code(SOURCES[0]),
                         object_code(SOURCES[0], "-DREGATTA_TRACK_TASKS=0", "-include", HEADER))

    def test_without_ndebug_it_does(self):
        self.assertNotEqual(object_code(SOURCES[0]), object_code(SOURCES[0], "-include", HEADER))

    def test_exact_mode_alone_changes_it_too(self):
        self.assertNotEqual(object_code(SOURCES[0]),
                            object_code(SOURCES[0], "-DREGATTA_TRACK_TASKS=0", "-DREGATTA_TRACK_HANDLERS=1",
                                        "-include", HEADER))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
