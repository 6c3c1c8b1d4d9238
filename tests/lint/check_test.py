#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""When tools/check lets a failed test try again, and what it says of it. The cmake and ctest here are scripts."""
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).parents[2] / "tools"

# Fails like the real one: a list of names, what they said, exit code 8.
CTEST = """#!/bin/sh
echo "$*" >> DIARY
case "$*" in *--rerun-failed*) echo '100% tests passed'; exit AGAIN ;; esac
mkdir -p build/release/Testing/Temporary
printf '%s' 'FAILED' > build/release/Testing/Temporary/LastTestsFailed.log
echo '50% tests passed'; echo 'SAID'; echo 'x_test.cpp:7: Failure'
exit 8
"""


class Check(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        (self.folder / "tools").mkdir()
        for script in ("check", "house.sh"):
            shutil.copy(TOOLS / script, self.folder / "tools")
        (self.folder / "bin").mkdir()
        self.program("cmake", "#!/bin/sh\n")

    def program(self, name, text):
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def check(self, failed="3:slow_one\n", said="too late", again=0):
        """What it says, its exit code and the times that it ran tests."""
        diary = self.folder / "diary"
        diary.unlink(missing_ok=True)
        self.program("ctest", CTEST.replace("DIARY", str(diary)).replace("FAILED", failed)
                     .replace("SAID", said).replace("AGAIN", str(again)))
        ran = subprocess.run(
            ["bash", "tools/check", "--no-install", "--only", "release"], cwd=self.folder,
            env={**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return ran.stdout + ran.stderr, ran.returncode, diary.read_text().splitlines()

    def test_what_passes_alone_passes_and_is_named(self):
        said, code, runs = self.check(failed="3:slow_one\n12:other_one\n")
        self.assertEqual(code, 0, said)
        self.assertIn("passed only when run alone: slow_one other_one\n", said)
        self.assertRegex(said, r"release +flaky +\d")
        self.assertIn("x_test.cpp:7: Failure", said, "what it said the first time")
        self.assertEqual(len(runs), 2)
        self.assertIn("--parallel 1 --rerun-failed", runs[1])

    def test_what_fails_again_has_failed(self):
        said, code, runs = self.check(again=8)
        self.assertEqual(code, 1, said)
        self.assertRegex(said, r"release +FAILED")
        self.assertNotIn("passed only when run alone", said)
        self.assertEqual(len(runs), 2)

    def test_no_luck_for_a_sanitizers_report_or_a_crash(self):
        for report in ("WARNING: ThreadSanitizer: data race (pid=1)",
                       "==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x1",
                       "a.cpp:1:2: runtime error: signed integer overflow",
                       "1/2 Test #1: crashes ....***Exception: SegFault  0.01 sec"):
            said, code, runs = self.check(said=report)
            self.assertEqual(code, 1, said)
            self.assertRegex(said, r"release +FAILED")
            self.assertEqual(len(runs), 1, report)

    def test_no_second_chance_for_a_dozen(self):
        said, code, runs = self.check(failed="".join(f"{n}:t{n}\n" for n in range(12)))
        self.assertEqual((code, len(runs)), (1, 1), said)


if __name__ == "__main__":
    unittest.main()
