# SPDX-License-Identifier: Apache-2.0
"""Stored reports: rendered again, checked, compared, and refused when something is wrong with them."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from regatta_command import SMALL, CommandTest

FORMATS = {"terminal": "tokenize", "markdown": "tokenize", "html": "<!doctype html>",
           "junit": "<testsuites", "google-benchmark": '"benchmarks"', "json": '"schema_version"'}


class Reports(CommandTest):
    """One short run is measured for all tests; each gets a copy of its report."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="report-test-")
        cls.addClassCleanup(holder.cleanup)
        cls.measured = pathlib.Path(holder.name)

    def setUp(self):
        super().setUp()
        stored = self.measured / "regatta-report.json"
        if not stored.exists():
            finished = self.run_command("run", "-w", "tokenize", "-b", "thread", "-b", "coroutine",
                                        *SMALL, "-q")
            self.assertEqual(finished.code, 0, finished)
            shutil.move(self.folder / "regatta-report.json", stored)
            (self.measured / "live.txt").write_text(finished.stdout)
        shutil.copy(stored, self.folder / "a.json")

    def text(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def write(self, name, content):
        if not isinstance(content, str):
            content = json.dumps(content)
        (self.folder / name).write_text(content, encoding="utf-8")
        return name

    def changed(self, change, name="changed.json"):
        report = self.report("a.json")
        change(report)
        return self.write(name, report)

    def files(self):
        return {path.name for path in self.folder.iterdir()}

    def assert_refused(self, *arguments, parts=()):
        """Exit code 2, one sentence, and nothing else anywhere."""
        before = self.files()
        finished = self.run_command(*arguments)
        self.assertEqual(finished.code, 2, finished)
        self.assertEqual(finished.stdout, "", finished)
        self.assert_one_sentence(finished, *parts)
        self.assertEqual(self.files(), before)


class Rendering(Reports):
    def test_the_terminal_shows_what_it_showed_live(self):
        live = (self.measured / "live.txt").read_text()
        finished = self.run_command("report", "a.json")
        self.assertEqual((finished.code, finished.stderr), (0, ""), finished)
        self.assertTrue(live.startswith(finished.stdout.rstrip("\n")), (live, finished.stdout))

    def test_json_is_the_file_itself(self):
        finished = self.run_command("report", "a.json", "--format", "json")
        self.assertEqual(finished.stdout, self.text("a.json"))

    def test_every_format_goes_to_stdout_and_to_files(self):
        outputs = [f"--output={name}={name}.out" for name in FORMATS]
        finished = self.run_command("report", "a.json", *outputs)
        self.assertEqual((finished.code, finished.stdout, finished.stderr), (0, "", ""), finished)
        for name, mark in FORMATS.items():
            with self.subTest(name):
                self.assertIn(mark.lower(), self.text(f"{name}.out").lower())
                again = self.run_command("report", "a.json", "--format", name)
                self.assertEqual(again.stdout, self.text(f"{name}.out"))

    def test_a_path_alone_has_the_format_that_was_named(self):
        finished = self.run_command("report", "a.json", "--format", "markdown", "-o", "out.md",
                                    "-o", "junit=-")
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("<testsuites", finished.stdout)
        self.assertIn("tokenize", self.text("out.md"))

    def test_check_describes_a_sound_report(self):
        finished = self.run_command("report", "--check", "a.json")
        self.assertEqual((finished.code, finished.stderr), (0, ""), finished)
        self.assertRegex(finished.stdout, r"^a\.json: a sound report of regatta .*cells: 2, epochs: \d+")

    def test_bad_options_are_refused(self):
        self.assert_refused("report", parts=["file"])
        self.assert_refused("report", "a.json", "--format", "htlm", parts=["did you mean 'html'"])
        self.assert_refused("report", "a.json", "-o", "htlm=x", parts=["did you mean 'html'"])
        self.assert_refused("report", "a.json", "-o", "html=", parts=["lacks the path"])
        self.assert_refused("report", "a.json", "-o", "html=x", "-o", "json=./x", parts=["two outputs"])
        self.assert_refused("report", "a.json", "--check", "-o", "x", parts=["--check writes nothing"])
        self.assert_refused("report", "a.json", "-o", "./a.json", parts=["would replace"])
        self.assert_refused("report", "a.json", "--color", "pink", parts=["--color"])

    def test_an_output_that_cannot_be_written_leaves_nothing_behind(self):
        before = self.files()
        finished = self.run_command("report", "a.json", "-o", "html=page.html", "-o",
                                    "junit=missing/j.xml")
        self.assertEqual(finished.code, 1, finished)
        self.assert_one_sentence(finished, "missing/j.xml")
        self.assertEqual(self.files(), before)


class OfARun(CommandTest):
    RUN = ["run", "-w", "tokenize", "-b", "thread", *SMALL, "-q"]

    def test_a_run_writes_every_output_it_was_asked_for(self):
        finished = self.run_command(*self.RUN, "-o", "page.html", "-o", "mine.json", "-o", "junit=-")
        self.assertEqual((finished.code, finished.stderr), (0, ""), finished)
        self.assertTrue(finished.stdout.startswith("<?xml"), finished)
        self.assertEqual({path.name for path in self.folder.iterdir()},
                         {"page.html", "mine.json", "tmp"})
        self.assertIn("<!doctype html>", (self.folder / "page.html").read_text().lower())
        again = self.run_command("report", "mine.json", "--format", "junit")
        self.assertEqual(again.stdout, finished.stdout)

    def test_outputs_that_cannot_be_are_refused_before_anything_runs(self):
        for outputs, part in ((["html=missing/page.html"], "missing/page.html"),
                              (["html=regatta-report.json"], "two outputs")):
            finished = self.run_command(*self.RUN, *(f"-o{each}" for each in outputs), timeout=3)
            self.assertNotEqual(finished.code, 0, finished)
            self.assert_one_sentence(finished, part)
            self.assertEqual([path.name for path in self.folder.iterdir()], ["tmp"])


class Documentation(Reports):
    def test_the_example_in_the_documentation_reads_a_report(self):
        page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reports.md"
        (example,) = re.findall(r"(?s)```python\n(.*?)```", page.read_text(encoding="utf-8"))
        shutil.copy(self.folder / "a.json", self.folder / "regatta-report.json")
        example += "\nprint(len(ratios(report['workloads'][0], 'thread', 'coroutine')))\n"
        finished = subprocess.run([sys.executable, "-c", example], cwd=self.folder,
                                  capture_output=True, text=True, check=False)
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        self.assertRegex(finished.stdout, r"(?s)^tokenize closed loop -> .*thread .* over \d+ epochs")
        self.assertGreaterEqual(int(finished.stdout.splitlines()[-1]), 2)


class Refusals(Reports):
    def refused(self, name, *parts):
        for verb in (["report", name], ["report", "--check", name], ["compare", "a.json", name],
                     ["report", name, "-o", "html=page.html"]):
            with self.subTest(verb):
                self.assert_refused(*verb, parts=parts)

    def test_no_file(self):
        self.refused("none.json", "none.json", "No such file")
        (self.folder / "folder").mkdir()
        self.refused("folder", "folder")

    def test_no_json(self):
        self.refused(self.write("empty.json", ""), "empty.json is empty")
        self.refused(self.write("text.json", "{\"a\": 1,\n  oops}"), "not JSON from line 2, column 3")
        (self.folder / "bytes.json").write_bytes(bytes(range(256)))
        self.refused("bytes.json", "not JSON from line 1")

    def test_truncated(self):
        text = self.text("a.json")
        for share in (0.001, 0.1, 0.35, 0.5, 0.77, 0.9, 0.999):
            self.refused(self.write("cut.json", text[:int(share * len(text))]),
                         "cut.json ends in the middle, at line ")

    def test_every_short_prefix(self):
        text = self.text("a.json")
        for length in [*range(1, 40), len(text) - 4, len(text) - 3]:
            self.assert_refused("report", self.write("cut.json", text[:length]), parts=["in the middle"])

    def test_foreign(self):
        self.refused(self.write("gb.json", {"context": {}, "benchmarks": []}), "Google Benchmark")
        self.refused(self.write("suite.json", {"workloads": ["*"]}), "suite file")
        self.refused(self.write("list.json", [1, 2]), "not a regatta report")

    def test_google_benchmark_output_of_our_own_is_foreign_too(self):
        self.run_command("report", "a.json", "-o", "google-benchmark=gb.json")
        self.refused("gb.json", "is a Google Benchmark file")

    def test_a_comparison_is_no_report(self):
        shutil.copy(self.folder / "a.json", self.folder / "b.json")
        self.run_command("compare", "a.json", "b.json", "-o", "json=c.json")
        self.refused("c.json", "comparison")

    def test_other_schema_versions(self):
        def older(report):
            report["schema_version"] = 1
            report["generator"]["version"] = "0.0.9"

        def newer(report):
            report["schema_version"] = 99
            report["generator"]["version"] = "7.1"
        self.refused(self.changed(older), "regatta 0.0.9", "schema version 1", "run again")
        self.refused(self.changed(newer), "regatta 7.1", "schema version 99", "update")

    def test_edited_by_hand(self):
        def first_cell(report):
            return report["workloads"][0]["cells"][0]

        def negative(report):
            first_cell(report)["epochs"][1]["elapsed_seconds"] = -0.5
        self.refused(self.changed(negative), "/workloads/0/cells/0/epochs/1/elapsed_seconds is -0.5",
                     "at least 0")

        def text_for_number(report):
            report["seconds"] = "many"
        self.refused(self.changed(text_for_number), '/seconds is "many"; it must be a number')

        def lacking(report):
            del first_cell(report)["outcome"]
        self.refused(self.changed(lacking), "/workloads/0/cells/0 lacks 'outcome'")

        def better(report):
            first_cell(report)["median_throughput"] = 1e9
        self.refused(self.changed(better), "/workloads/0/cells/0/median_throughput is 1000000000.0")

        def invented(report):
            report["workloads"][0]["recommendation"]["choice"] = ["magic"]
        self.refused(self.changed(invented), 'names "magic", which is not among the cells')

        def two_lines(report):
            report["method"]["service_settings"] = {"llm.\n\x1b[31mred": 1}
        self.refused(self.changed(two_lines), "/method/service_settings/llm.", "it must be a string")

        def failed(report):
            first_cell(report)["outcome"] = "crashed"
        self.refused(self.changed(failed), "/workloads/0/cells/0/")

    def test_a_gate_report_is_known_for_what_it_is(self):
        def gate(report):
            report["kind"] = "gate"
        self.assert_refused("compare", "a.json", self.changed(gate), parts=["report of a gate"])


class Gates(Reports):
    def setUp(self):
        super().setUp()
        finished = self.run_command("gate", "--baseline", "true", "--candidate", "true",
                                    "--budget", "3s", "--max-pairs", "20", "-q", "-o", "gate.json")
        self.assertEqual(finished.code, 0, finished)
        self.live = finished.stdout

    def test_a_stored_gate_is_shown_as_it_was(self):
        finished = self.run_command("report", "gate.json")
        self.assertEqual((finished.code, finished.stderr), (0, ""), finished)
        self.assertTrue(self.live.startswith(finished.stdout.rstrip("\n")), (self.live, finished))
        again = self.run_command("report", "gate.json", "--format", "json", "-o", "junit=gate.xml")
        self.assertEqual(again.stdout, self.text("gate.json"))
        self.assertIn("<testsuites", self.text("gate.xml"))

    def test_a_stored_gate_is_checked(self):
        finished = self.run_command("report", "--check", "gate.json")
        self.assertEqual((finished.code, finished.stderr), (0, ""), finished)
        self.assertIn("gate.json: a sound report of a gate", finished.stdout)
        for change, part in (({"complete": False}, "/complete is false"), ({"seed": 1}, None),
                             ({"seconds": -1}, "/seconds is -1"), ({"schema_version": 0}, "no longer")):
            self.write("changed.json", self.report("gate.json") | change)
            if part is None:
                self.assertEqual(self.run_command("report", "--check", "changed.json").code, 0)
            else:
                self.assert_refused("report", "--check", "changed.json", parts=[part])

    def test_a_format_it_does_not_have_is_refused(self):
        self.assert_refused("report", "gate.json", "--format", "html", parts=["no format 'html'"])


class Comparing(Reports):
    def test_a_report_and_its_changed_copy(self):
        def other(report):
            report["environment"]["cpu_model"] = "Another CPU"
            report["environment"]["git_revision"] = "fedcba9"
        finished = self.run_command("compare", "a.json", self.changed(other, "b.json"))
        self.assertEqual((finished.code, finished.stderr), (0, ""), finished)
        for part in ("A  a.json", "B  b.json", "Another CPU", "fedcba9", "B/A", "regatta gate "):
            self.assertIn(part, finished.stdout)
        self.assertNotIn("regress", finished.stdout)

    def test_what_moved_is_exit_code_0(self):
        def steady(rate):
            def change(report):
                for cell in report["workloads"][0]["cells"]:
                    epoch = cell["epochs"][0] | {"throughput": rate}
                    cell["epochs"] = [epoch | {"block": block} for block in range(8)]
                    cell["median_throughput"] = rate
            return change
        finished = self.run_command("compare", self.changed(steady(400), "b.json"),
                                    self.changed(steady(100), "c.json"))
        self.assertEqual((finished.code, finished.stderr), (0, ""), finished)
        self.assertRegex(finished.stdout, r"(?m)^thread .* 0\.25 .* moved$")

    def test_formats(self):
        shutil.copy(self.folder / "a.json", self.folder / "b.json")
        finished = self.run_command("compare", "a.json", "b.json", "--format", "markdown",
                                    "-o", "json=c.json")
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("| backend |", finished.stdout)
        self.assertEqual(self.report("c.json")["kind"], "comparison")

    def test_bad_arguments_are_refused(self):
        self.assert_refused("compare", parts=["files"])
        self.assert_refused("compare", "a.json", parts=["two reports or more"])
        self.assert_refused("compare", "a.json", "a.json", parts=["named twice"])
        self.assert_refused("compare", "a.json", "b.json", "--format", "html", parts=["no format 'html'"])


if __name__ == "__main__":
    unittest.main()
