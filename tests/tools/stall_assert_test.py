# SPDX-License-Identifier: Apache-2.0
"""`regatta stall-assert` with a load of its own: a service that only blocks when somebody asks."""
import json
import sys
import unittest

from late_service import LATE_SERVICE, free_port
from regatta_command import CommandTest


class TimingStallAssertTest(CommandTest):
    def setUp(self):
        super().setUp()
        (self.folder / "service.py").write_text(LATE_SERVICE)

    def judge(self, longest, block, *flags):
        port = free_port()
        return self.run_command(
            "stall-assert", "--max", longest, "-q", "--drive", f"http://127.0.0.1:{port}/", "--rate", "60",
            "--duration", "2s", "--warmup", "0", "--no-poll", *flags, "--", sys.executable, "service.py",
            "0", str(port), "20", str(block))

    def test_a_handler_that_blocks_under_the_load_is_exit_code_3(self):
        finished = self.judge("100ms", 0.4, "-o", "p.json")
        self.assertEqual(finished.code, 3, finished)
        self.assertIn("sleeping", finished.stdout)
        self.assertIn("longer than 100ms", finished.stderr)
        profile = json.loads((self.folder / "p.json").read_text())
        self.assertGreater(profile["driven"]["load"]["total"]["requests"], 30)
        self.assert_nothing_runs(10)

    def test_a_handler_that_does_not_is_fine(self):
        finished = self.judge("5s", 0.05)
        self.assertEqual(finished.code, 0, finished)
        self.assert_nothing_runs(10)

    def test_a_service_that_answers_nobody_is_not_fine(self):
        finished = self.run_command(
            "stall-assert", "--max", "5s", "-q", "--drive", f"http://127.0.0.1:{free_port()}/", "--rate", "60",
            "--duration", "1s", "--", sys.executable, "-c",
            "import asyncio; asyncio.run(asyncio.sleep(1.5))")
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("there is no load in the report", finished.stderr)
        self.assert_nothing_runs(10)


class StallAssertArgumentsTest(CommandTest):
    def test_what_makes_no_sense_is_refused(self):
        for arguments, sentence in ((["--drive", "http://127.0.0.1:1/"], "--drive needs the load's --rate"),
                                    (["--rate", "5"], "give --drive URL too"),
                                    (["--race"], "--race")):
            with self.subTest(arguments):
                finished = self.run_command("stall-assert", "--max", "1s", *arguments, "--", "true")
                self.assertEqual(finished.code, 2, finished)
                self.assert_one_sentence(finished, sentence)


if __name__ == "__main__":
    unittest.main()
