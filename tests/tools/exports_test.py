# SPDX-License-Identifier: Apache-2.0
"""The files for other programs, held against the programs that read them or against their rules."""
import json
import math
import pathlib
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

from regatta_command import FAULTY, CommandTest

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = HERE.parent / "reports" / "junit.xsd"
COMPARE = pathlib.Path("/usr/share/benchmark/compare.py")  # of libbenchmark-tools

# Three blocks are over in a second; the budget is for a machine that is busy with something else.
RUN = ["--blocks", "3", "--budget", "15s", "--no-card"]

# What each reader takes from a row, as read in its source.
ROW = {"name": str, "run_name": str, "run_type": str, "repetitions": int, "threads": int,
       "iterations": int, "real_time": float, "cpu_time": float, "time_unit": str}
# Keys with a meaning of their own in Google Benchmark's files: a counter must not be called so.
COUNTERS = {"items_per_second", "p50_seconds", "p99_seconds"}
OTHER_KEYS = {"family_index", "per_family_instance_index", "repetition_index", "aggregate_name",
              "aggregate_unit"}


def python_with_numpy():
    """compare.py is Debian's, and so is its numpy."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import numpy"], stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


class Exports(CommandTest):
    def measure(self, name, *more, program=None):
        options = {"program": program} if program else {}
        finished = self.run_command("run", "-w", "tokenize", "-b", "thread", "-b", "coroutine",
                                    *RUN, "-o", name, *more, **options)
        self.assertTrue((self.folder / name).exists(), finished)
        return finished

    def export(self, report, form, **options):
        path = self.folder / f"{pathlib.Path(report).stem}.{form}"
        finished = self.run_command("report", report, "-o", f"{form}={path}", **options)
        self.assertEqual(finished.code, 0, finished)
        return path.read_text(encoding="utf-8")

    def google_benchmark(self, report, **options):
        return json.loads(self.export(report, "google-benchmark", **options),
                          parse_constant=refuse_constant)

    # --- Google Benchmark's format

    def test_google_benchmarks_own_compare_reads_two_of_them(self):
        self.assertTrue(COMPARE.exists(), "install libbenchmark-tools (tools/packages)")
        python = python_with_numpy()
        self.assertIsNotNone(python, "install python3-numpy (tools/packages)")
        for name in ("one.json", "two.json"):
            self.measure(name)
            self.export(name, "google-benchmark")
        environment = self.environment()
        if subprocess.run([python, "-c", "import scipy"], stderr=subprocess.DEVNULL).returncode != 0:
            # Debian's python3-scipy cannot be installed beside libboost1.81-dev.
            environment["PYTHONPATH"] = str(HERE / "scipy_stand_in")
        compared = subprocess.run(
            [python, str(COMPARE), "--no-color", "--dump_to_json", "difference.json", "benchmarks",
             "one.google-benchmark", "two.google-benchmark"],
            cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual(compared.returncode, 0, compared.stderr)
        ours = self.google_benchmark("one.json")["benchmarks"]
        difference = json.loads((self.folder / "difference.json").read_text())
        by_name = {entry["name"]: entry for entry in difference}
        names = {row["name"] for row in ours if row["run_type"] == "iteration"}
        self.assertEqual({name.split("/in_flight:")[0] for name in names},
                         {"tokenize/backend:thread", "tokenize/backend:coroutine"})
        for name in names:
            self.assertIn(name, compared.stdout)
            mine = [row["real_time"] for row in ours if row["name"] == name]
            self.assertEqual([each["real_time"] for each in by_name[name]["measurements"]], mine)
            self.assertEqual(by_name[name]["utest"]["nr_of_repetitions"], len(mine))
            self.assertIn(f"{name}_median", by_name)
        overall = by_name["OVERALL_GEOMEAN"]["measurements"][0]
        self.assertGreater(overall["real_time"], 0)
        self.assertTrue(math.isfinite(overall["time"]))

    def test_every_row_has_what_its_readers_take(self):
        self.measure("one.json", "-w", "llm-complete", "--rate", "50")
        file = self.google_benchmark("one.json")
        self.assertEqual(list(file), ["context", "benchmarks"])
        # Bencher: a list; github-action-benchmark: a number of CPUs and a build type.
        self.assertEqual(file["context"]["caches"], [])
        self.assertIsInstance(file["context"]["num_cpus"], int)
        self.assertIn(file["context"]["library_build_type"], ("debug", "release"))
        self.assertGreater(len(file["benchmarks"]), 4)
        for row in file["benchmarks"]:
            for key, kind in ROW.items():
                self.assertIsInstance(row[key], kind, (key, row))
            self.assertEqual(set(row) - set(ROW) - OTHER_KEYS - COUNTERS, set())
            self.assertIn(row["time_unit"], ("ns", "us", "ms", "s"))
            self.assertEqual(row["threads"], 1)
            self.assertGreaterEqual(row["cpu_time"], 0, row)  # a short epoch may show none
            for key in ["real_time", *COUNTERS & set(row)]:
                self.assertGreater(row[key], 0, (key, row))
            # conbench takes the CPU time of a name without it, and what follows the first '/' apart.
            self.assertIn("/real_time", row["name"])
            self.assertRegex(row["run_name"],
                             r"^[a-z-]+/backend:[^/]+/in_flight:[0-9]+(/[a-z-]+:[0-9.]+)*/real_time$")
            self.assertIn(row["run_type"], ("iteration", "aggregate"))
            if row["run_type"] == "aggregate":
                self.assertEqual(row["aggregate_name"], "median")
                self.assertEqual(row["name"], row["run_name"] + "_median")

    def test_repetitions_are_the_epochs_of_the_report(self):
        self.measure("one.json")
        rows = self.google_benchmark("one.json")["benchmarks"]
        for label, cell in self.cells(self.report("one.json")).items():
            mine = [row for row in rows if row["run_type"] == "iteration"
                    and f"/backend:{label}/" in row["name"]]
            self.assertEqual([row["repetition_index"] for row in mine], list(range(len(mine))))
            epochs = [epoch for epoch in cell["epochs"] if epoch["throughput"] > 0]
            self.assertGreater(len(epochs), 0)
            self.assertEqual([row["repetitions"] for row in mine], [len(epochs)] * len(epochs))
            for row, epoch in zip(mine, epochs):
                self.assertAlmostEqual(row["real_time"] * epoch["throughput"], 1e9, delta=1)
                self.assertEqual(row["iterations"], epoch["items"])

    # --- JUnit

    def junit(self, report, **options):
        text = self.export(report, "junit", **options)
        checked = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(SCHEMA), "-"],
                                 input=text, capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        return ElementTree.fromstring(text)

    def test_junit_follows_the_schema_and_counts_right(self):
        self.measure("one.json")
        root = self.junit("one.json")
        (suite,) = root
        self.assertEqual([case.get("name") for case in suite.iter("testcase")],
                         ["thread", "coroutine"])
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("errors")),
                         ("2", "0", "0"))
        self.assertIn("recommendation", {each.get("name") for each in suite.find("properties")})

    def test_what_failed_is_told_apart_and_has_no_times(self):
        finished = self.run_command("run", "-w", "tokenize", "-w", "faulty-segfault", "-b", "thread",
                                    "-b", "process", "-b", "faulty-corrupts", "-b",
                                    "faulty-unavailable", *RUN, program=FAULTY)
        self.assertEqual(finished.code, 1, finished)
        root = self.junit("regatta-report.json", program=FAULTY)
        results = {(case.get("classname"), case.get("name")): [part.tag for part in case][1:]
                   for case in root.iter("testcase")}
        self.assertEqual(results, {
            ("regatta.tokenize", "thread"): [], ("regatta.tokenize", "process"): [],
            ("regatta.tokenize", "faulty-corrupts"): ["failure"],
            ("regatta.tokenize", "faulty-unavailable"): ["skipped"],
            ("regatta.faulty-segfault", "thread"): ["error"],
            ("regatta.faulty-segfault", "process"): [],
            ("regatta.faulty-segfault", "faulty-corrupts"): ["error"],
            ("regatta.faulty-segfault", "faulty-unavailable"): ["skipped"]})
        file = self.google_benchmark("regatta-report.json", program=FAULTY)
        self.assertEqual({row["name"].split("/in_flight")[0] for row in file["benchmarks"]},
                         {"tokenize/backend:thread", "tokenize/backend:process",
                          "faulty-segfault/backend:process"})
        for label in ("faulty-corrupts", "faulty-unavailable"):
            self.assertIn(label, file["context"]["regatta_without_rows"])

    # --- Markdown

    def test_markdown_tables_have_as_many_cells_as_columns(self):
        self.measure("one.json")
        page = self.export("one.json", "markdown")
        self.assertIn("**: ", page.splitlines()[2], "the recommendation comes first")
        tables = re.findall(r"(?:^\|.*\|\n)+", page, re.MULTILINE)
        self.assertEqual(len(tables), 1)
        for table in tables:
            cells = [len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()]
            self.assertEqual(set(cells), {cells[0]}, table)
            self.assertRegex(table.splitlines()[1], r"^\|(:?-{2,}:?\|)+$")
        self.assertEqual(page.count("<details>"), page.count("</details>"))


if __name__ == "__main__":
    unittest.main()
