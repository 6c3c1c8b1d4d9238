# SPDX-License-Identifier: Apache-2.0
"""`regatta doctor` as a user runs it. What it finds depends on the machine; how it says so does not."""
import ctypes
import json
import pathlib
import time
import unittest

from output_test import Terminal
from regatta_command import CommandTest, wait_until

ADDR_NO_RANDOMIZE = 0x0040000
NAMES = ["this build", "load of others", "steal", "CPU quota", "pressure", "memory", "swap",
         "CPU governor", "turbo", "SMT siblings", "CPU packing", "virtual machine", "clock",
         "address randomisation", "transparent huge pages", "profiling", "open files"]


def without_randomisation():
    ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE)


def settings():
    """What a doctor must not touch."""
    paths = ["/proc/sys/kernel/randomize_va_space", "/proc/sys/kernel/perf_event_paranoid",
             "/sys/kernel/mm/transparent_hugepage/enabled",
             "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
             "/sys/devices/system/clocksource/clocksource0/current_clocksource"]
    return {path: pathlib.Path(path).read_text() for path in paths if pathlib.Path(path).exists()}


class Doctor(CommandTest):
    def found(self, name="found.json"):
        return json.loads((self.folder / name).read_text())

    def test_says_all_and_changes_nothing(self):
        before = settings()
        finished = self.run_command("doctor", "--json", "found.json")
        self.assertEqual(finished.code, 0, finished)
        for name in NAMES:
            self.assertIn(f"  {name} ", finished.stdout)
        last = " ".join(finished.stdout.strip().rsplit("\n\n", 1)[1].split())
        found = self.found()
        self.assertEqual(last, " ".join(found["verdict"].split()))
        self.assertRegex(last, r"^(Fit to find changes of|Unfit to measure, because of)")
        self.assertEqual([check["name"] for check in found["checks"]], NAMES)
        self.assertEqual(found["fit"], not any(check["status"] == "problem"
                                               for check in found["checks"])
                         and not any(each["rejected"] for each in found["resolution"]))
        self.assertEqual(len(found["resolution"]), 3)
        for each in found["resolution"]:
            if each["not_run"] is None:
                self.assertGreater(each["pairs"], 5)
                self.assertGreater(each["detectable"], 0)
                self.assertGreater(each["detectable_beyond_margin"], each["detectable"])
        self.assertEqual(settings(), before)
        self.assert_nothing_runs(within=5)

    def test_only_looking_takes_no_time_and_claims_no_resolution(self):
        finished = self.run_command("doctor", "--no-run", "--json", "found.json", "-q")
        self.assertEqual((finished.code, finished.stderr), (0, ""))
        found = self.found()
        self.assertEqual(found["resolution"], [])
        self.assertIsNone(found["machine_card"])
        self.assertNotIn("changes of", found["verdict"])

    def test_unfit_has_an_exit_code_when_asked_for(self):
        fixed = {"preexec_fn": without_randomisation}
        finished = self.run_command("doctor", "--no-run", "--json", "found.json", **fixed)
        (layout,) = [check for check in self.found()["checks"]
                     if check["name"] == "address randomisation"]
        if "started without it" not in layout["seen"]:
            self.skipTest("this machine does not allow a fixed layout")
        self.assertEqual(finished.code, 0, "nobody asked to fail")
        self.assertIn("Unfit to measure, because of", finished.stdout)
        self.assertIn("setarch -R", finished.stdout)
        finished = self.run_command("doctor", "--no-run", "--fail-on-unfit", **fixed)
        self.assertEqual(finished.code, 5, finished)

    def test_a_narrow_terminal_gets_lines_that_fit(self):
        terminal = Terminal(60)
        running = self.start("doctor", "--no-run", stdout=terminal.theirs)
        finished = running.finish()
        text = terminal.text()
        self.assertEqual(finished.code, 0)
        self.assertIn("\x1b[", text)
        for line in text.splitlines():
            while (at := line.find("\x1b")) >= 0:
                line = line[:at] + line[line.index("m", at) + 1:]
            if max(map(len, line.split()), default=0) < 50:  # a path cannot be broken
                self.assertLessEqual(len(line), 60, line)

    def test_colours_are_for_terminals_that_want_them(self):
        self.assertNotIn("\x1b", self.run_command("doctor", "--no-run").stdout)
        self.assertIn("\x1b[", self.run_command("doctor", "--no-run", "--color", "always").stdout)
        terminal = Terminal(80)
        self.start("doctor", "--no-run", stdout=terminal.theirs,
                   environment=self.environment(NO_COLOR="1")).finish()
        self.assertNotIn("\x1b", terminal.text())

    def test_ctrl_c_ends_it_and_leaves_nothing_behind(self):
        running = self.start("doctor", "--json", "found.json")
        self.assertTrue(running.wait_for_stderr("identical work"))
        began = time.monotonic()
        running.process.send_signal(2)
        finished = running.finish()
        self.assertEqual(finished.code, 130, finished)
        self.assertLess(time.monotonic() - began, 10)
        self.assertFalse(self.found()["complete"])
        self.assert_nothing_runs(within=5)

    def test_killed_it_leaves_nothing_behind(self):
        running = self.start("doctor")
        self.assertTrue(running.wait_for_stderr("identical work"))
        wait_until(lambda: len(self.our_processes()) >= 3, 2)
        running.process.kill()
        running.process.wait()
        self.assert_nothing_runs(within=5)

    def test_what_cannot_be_written_is_refused_at_once(self):
        finished = self.run_command("doctor", "--json", "no/such/folder/found.json")
        self.assertEqual(finished.code, 1)
        self.assert_one_sentence(finished, "no/such/folder")
        self.assertEqual(finished.stdout, "")
        self.assertLess(finished.seconds, 5)

    def test_a_wrong_flag_is_one_sentence(self):
        for arguments, part in ((["--colour"], "did you mean '--color'?"),
                                (["--color", "blue"], "auto, always or never"), (["now"], "too many")):
            finished = self.run_command("doctor", *arguments)
            self.assertEqual(finished.code, 2)
            self.assert_one_sentence(finished, part)


if __name__ == "__main__":
    unittest.main()
