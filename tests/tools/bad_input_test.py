# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the arguments, the suite file or the disk is said in one sentence, soon."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import unittest

from regatta_command import FAULTY, SMALL, CommandTest


class Usage(CommandTest):
    def assert_usage_error(self, *arguments, says):
        finished = self.run_command(*arguments, timeout=3)
        self.assertEqual(finished.code, 2, finished)
        self.assertEqual(finished.stdout, "")
        self.assert_one_sentence(finished, *([says] if isinstance(says, str) else says))
        self.assertEqual(list(self.folder.glob("*report*.json")), [])

    def suite(self, content):
        path = self.folder / "suite.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def test_no_verb(self):
        self.assert_usage_error(says="--help")

    def test_an_unknown_verb_is_named(self):
        self.assert_usage_error("rnu", says="there is no 'rnu'; did you mean 'run'?")
        self.assert_usage_error("xylophone", says=["xylophone", "there are: list, run, "])

    def test_an_unknown_flag_is_named(self):
        self.assert_usage_error("--nope", says="--nope")
        self.assert_usage_error("run", "--nope", says="--nope")
        self.assert_usage_error("run", "--in-fligth=3", says="did you mean '--in-flight'?")

    def test_a_value_that_is_missing_or_wrong(self):
        self.assert_usage_error("profile", "--pid", says="--pid needs a value; see regatta profile ")
        self.assert_usage_error("report", says="file is required; see regatta report --help")
        self.assert_usage_error("serve", "--port", "22x", says="--port does not take '22x'; see ")
        self.assert_usage_error("help", says="did you mean '--help'?")

    def test_a_threshold_without_a_unit(self):
        self.assert_usage_error("stall-assert", "--max", "20", "--", "true", says="20ms or 20s")
        self.assert_usage_error("profile", "--threshold", "5", "--", "true", says="5ms or 5s")
        self.assert_usage_error("profile", "--threshold", ".", "--", "true", says="takes a time like")

    def test_an_argument_too_many(self):
        self.assert_usage_error("run", "quick", "extra", says="extra")

    def test_a_suite_that_is_none(self):
        self.assert_usage_error("run", "quik", says=["quik", "did you mean 'quick'?"])
        self.assert_usage_error("run", self.folder, says="suite")

    def test_a_suite_file_with_a_typo(self):
        self.assert_usage_error("run", self.suite({"workloads": ["tokenize"], "bugdet": "3s"}),
                                says=["bugdet", "did you mean 'budget'?"])
        self.assert_usage_error("run", self.suite({"workloads": [{"name": "tokenize", "rat": 3}]}),
                                says=["rat", "did you mean 'rate'?"])
        self.assert_usage_error("run", self.suite({"workloads": ["tokenise"]}),
                                says="did you mean 'tokenize'?")

    def test_a_suite_file_that_is_not_json(self):
        self.assert_usage_error("run", self.suite("{nope"), says=["suite.json", "not JSON"])
        self.assert_usage_error("run", self.suite("[1]"), says=["suite.json", "object"])

    def test_a_suite_file_of_wrong_types(self):
        for content in ({"workloads": [7]}, {"budget": 7},
                        {"blocks": "many"}, {"blocks": -1}, {"services": {"llm.ttft": 7}},
                        {"confidence": 7}):
            with self.subTest(content):
                self.assert_usage_error("run", self.suite(content), says="suite.json")

    def test_a_suite_without_workloads(self):
        self.assert_usage_error("run", self.suite({"workloads": []}), says="workload")

    def test_a_filter_that_matches_nothing(self):
        self.assert_usage_error("run", "-w", "tokenise", says="did you mean 'tokenize'?")
        self.assert_usage_error("run", "-w", "x*", says=["x*", "there are: "])
        self.assert_usage_error("run", "-b", "threda", says="did you mean 'thread'?")
        self.assert_usage_error("run", "-b", "x*", says=["x*", "there are: "])

    def test_an_option_no_backend_has(self):
        self.assert_usage_error("run", "-b", "process:strat=fork", says="did you mean 'start'?")
        self.assert_usage_error("run", "-b", "serial:chunk=2", says="it has none")

    def test_a_value_no_option_of_a_backend_takes(self):
        self.assert_usage_error("run", "-b", "process:start=spoon", says=["spoon", "forkserver"])
        self.assert_usage_error("run", "-b", "process:chunk=0", says=["chunk", "from 1", "'0'"])

    def test_a_time_that_is_none(self):
        for text in ("soon", "-3s", "0s", "3 parsecs"):
            with self.subTest(text):
                self.assert_usage_error("run", f"--budget={text}", says=[text, "like 50s"])
        self.assert_usage_error("run", "--item-timeout", "never", says=["item timeout", "never"])

    def test_a_load_that_is_none(self):
        self.assert_usage_error("run", "--in-flight", "0", says="in flight")
        self.assert_usage_error("run", "--in-flight", "-2", says="--in-flight")
        self.assert_usage_error("run", "--in-flight", "9000000", says="in flight")
        self.assert_usage_error("run", "--rate", "-1", says="rate")
        self.assert_usage_error("run", "--rate", "nan", says="rate")
        self.assert_usage_error("run", "--rate", "lots", says="--rate")

    def test_a_run_of_no_blocks(self):
        self.assert_usage_error("run", "-w", "tokenize", "-b", "serial", "--no-card", "--budget",
                                "1s", "--blocks", "0", says="block")

    def test_a_scale_or_a_colour_that_is_none(self):
        self.assert_usage_error("run", "--scale", "huge", says=["huge", "quick, standard"])
        self.assert_usage_error("run", "--color", "pink", says=["--color", "pink", "never"])

    def test_an_endpoint_that_is_none(self):
        self.assert_usage_error("run", "--endpoint", "nonsense", says=["nonsense", "http://"])

    def test_a_key_that_is_not_there(self):
        self.assert_usage_error("run", "--endpoint", "http://127.0.0.1:1", "--api-key-env",
                                "NO_SUCH_VARIABLE", says="NO_SUCH_VARIABLE is not set")

    def test_a_key_for_nobody(self):
        self.assert_usage_error("run", "--api-key-env", "HOME", says="--endpoint")

    def test_input_that_is_not_there_or_that_nobody_takes(self):
        self.assert_usage_error("run", "-w", "tokenize", "--input", "/no/such/folder",
                                says="/no/such/folder")
        self.assert_usage_error("run", "-w", "llm-complete", "--input", self.folder,
                                says="--input")

    def test_a_service_setting_without_a_value(self):
        self.assert_usage_error("run", "-w", "llm-complete", "--service", "llm.ttft",
                                says="key=value")

    def test_a_setting_of_a_service_there_is_none_of(self):
        self.assert_usage_error("run", "-w", "llm-complete", "--service", "lml.ttft=1ms",
                                says=["lml.ttft", "llm"])


class Output(CommandTest):
    small = ["run", "-w", "tokenize", "-b", "serial", *SMALL]

    def assert_refused_before_measuring(self, output, says):
        finished = self.run_command(*self.small, "-o", output)
        self.assertEqual(finished.code, 1, finished)
        self.assertEqual(finished.stdout, "")
        self.assert_one_sentence(finished, says)

    def test_a_folder_that_does_not_exist(self):
        self.assert_refused_before_measuring(self.folder / "none" / "r.json", "none")

    def test_a_folder_itself(self):
        self.assert_refused_before_measuring(self.folder, "directory")

    def test_an_empty_name(self):
        finished = self.run_command(*self.small, "-o", "")
        self.assertIn(finished.code, (1, 2), finished)
        self.assertEqual(finished.stdout, "", "it measured before it complained")

    def test_a_device_stays_one(self):
        link = self.folder / "null"  # by way of a link, so that a failure does no harm
        link.symlink_to("/dev/null")
        finished = self.run_command(*self.small, "-o", link)
        self.assertEqual(finished.code, 0, finished)
        self.assertTrue(link.is_char_device())

    def test_text_that_is_not_utf_8_does_not_cost_the_report(self):
        suite = os.fsencode(self.folder) + b"/caf\xe9.json"
        with open(suite, "w", encoding="ascii") as file:
            file.write('{"workloads": ["tokenize"], "scale": "quick"}')
        running = self.start("run", os.fsdecode(suite), "-b", "serial", *SMALL)
        finished = running.finish()
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("caf\ufffd.json", self.report()["suite"])

    def test_a_full_stdout_does_not_cost_the_report_but_is_said(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            finished = self.start(*self.small, "-q", stdout=full).finish()
        self.assertEqual(finished.code, 1, finished)
        self.assert_one_sentence(finished, "stdout", "No space left on device")
        self.assertEqual(self.report()["complete"], True)
        for what in ("--help", "list"):
            with open("/dev/full", "w", encoding="ascii") as full:
                finished = self.start(what, stdout=full).finish()
            self.assertEqual(finished.code, 1, finished)
            self.assert_one_sentence(finished, "stdout", "No space left on device")

    def test_a_folder_nobody_can_write_to(self):
        # Not even root, whom permissions do not stop.
        self.assert_refused_before_measuring("/proc/report.json", "/proc")

    # The workload with a dataset of a few bytes, which has to pass the limit too.
    tiny = ["run", "-w", "faulty-kill", "-b", "serial", "--no-card", "--budget", "3s",
            "--blocks", "1"]

    def test_no_room_anywhere_loses_the_report_but_says_so(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

        read_end, write_end = os.pipe()  # a limit on files is none on pipes
        try:
            running = self.start(*self.tiny, "-q", program=FAULTY, preexec_fn=limit,
                                 stderr=write_end)
            code = running.finish().code
            os.close(write_end)
            write_end = -1
            said = os.read(read_end, 1 << 16).decode()
        finally:
            os.close(read_end)
            if write_end >= 0:
                os.close(write_end)
        self.assertEqual(code, 1, said)
        self.assertIn("File too large", said)
        self.assertIn("the report is lost", said)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["tmp"])
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_a_full_disk_sends_the_report_to_the_temporary_folder(self):
        full = self.folder / "full"
        full.mkdir()
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", full],
                               capture_output=True, check=False)
        if mount.returncode != 0:
            self.skipTest(f"cannot mount a small file system: {mount.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["umount", full], check=True)
        finished = self.run_command(*self.small, "-o", full / "r.json")
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("No space left on device", finished.stderr)
        (spare,) = self.temporary.glob("*.json")
        self.assertIn(str(spare), finished.stderr)
        self.assertEqual(json.loads(spare.read_text())["complete"], True)
        self.assertEqual(list(full.iterdir()), [])

    def test_an_older_report_survives_a_full_disk(self):
        old = self.folder / "r.json"
        old.write_text("old")
        running = self.start(*self.tiny, "-q", "-o", old, program=FAULTY,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                   (2048, 2048)))
        self.assertEqual(running.finish().code, 1)
        self.assertEqual(old.read_text(), "old")

    def test_a_closed_pipe_does_not_cost_the_report(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        running = self.start(*self.small, stdout=write_end)
        os.close(write_end)
        finished = running.finish()
        self.assertNotEqual(finished.code, -signal.SIGPIPE, "it died of the pipe, before the report")
        self.assertEqual(self.report()["complete"], True)


class Surroundings(CommandTest):
    def test_a_short_budget_is_kept_and_makes_a_report(self):
        finished = self.run_command("run", "-w", "tokenize", "-b", "*", "--no-card", "--budget",
                                    "1s")
        self.assertEqual(finished.code, 0, finished)
        self.assertLess(finished.seconds, 20)
        self.assertIn("too few", finished.stdout.replace("\n", " "))
        self.assertEqual(self.report()["workloads"][0]["recommendation"]["verdict"],
                         "too few blocks")

    def test_an_endpoint_where_nobody_listens(self):
        finished = self.run_command("run", "-w", "llm-complete", "-b", "coroutine", "-b", "thread",
                                    "--endpoint", "http://127.0.0.1:1", "-q", *SMALL)
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("Connection refused", finished.stderr)
        self.assertNotIn("/usr/include", finished.stderr)
        for cell in self.cells(self.report()).values():
            self.assertEqual(cell["outcome"], "failed")

    def test_an_input_folder_with_nothing_in_it(self):
        empty = pathlib.Path(self.folder / "empty")
        empty.mkdir()
        finished = self.run_command("run", "-w", "tokenize", "-b", "serial", "--input", empty, "-q",
                                    *SMALL)
        self.assertEqual(finished.code, 1, finished)
        self.assert_one_sentence(finished, "tokenize was not run", str(empty))
        self.assertEqual(self.report()["complete"], False)

    def test_a_setting_no_service_has(self):
        finished = self.run_command("run", "-w", "llm-complete", "-b", "coroutine", "-q", *SMALL,
                                    "--service", "llm.tftt=1ms")
        self.assertIn(finished.code, (1, 2), finished)
        self.assert_one_sentence(finished, "llm.tftt", "llm.ttft")


if __name__ == "__main__":
    unittest.main()
