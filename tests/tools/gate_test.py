# SPDX-License-Identifier: Apache-2.0
"""regatta gate: what it finds, what it answers, and what it leaves behind."""
import json
import os
import pathlib
import shutil
import signal
import unittest
import xml.etree.ElementTree

from regatta_command import REGATTA, CommandTest, wait_until

TARGETS = pathlib.Path(os.environ.get("GATE_TARGETS", "."))

# Looks like a Google Benchmark executable, and its times are made up: BM_a and BM_b of 100 ns.
FAKE_BENCHMARK = r"""#!/bin/sh
# benchmark_list_tests
names="BM_a BM_b"
for argument; do
  case $argument in
    --benchmark_list_tests*) list=1 ;;
    --benchmark_filter=*) name=${argument#*=^}; name=${name%$} ;;
    --benchmark_out=*) out=${argument#*=} ;;
  esac
done
time=100
BEHAVIOUR
[ -n "$list" ] && { printf '%s\n' $names; exit; }
printf '{"context": {}, "benchmarks": [{"name": "%s", "real_time": %s, "cpu_time": 1,
  "time_unit": "ns"}]}' "$name" "$time" > "$out"
"""
NOISE = "time=$(( $(od -An -N1 -tu1 /dev/urandom) + 1 ))"

# A build whose cells speak, but not well. What follows is for each request.
FAKE_REGATTA = r"""#!/usr/bin/env python3
# internal-cell
import json, os, socket, sys
if sys.argv[1:] == ["--version"]:
    print("regatta 0.0.1")
    sys.exit()
cell = socket.socket(fileno=3)
while packet := cell.recv(1 << 22):
    request = json.loads(packet)
    ANSWER
"""


class GateTest(CommandTest):
    def script(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return f"./{name}"

    def fake(self, name, behaviour=""):
        return self.script(name, FAKE_BENCHMARK.replace("BEHAVIOUR", behaviour))

    def fake_regatta(self, name, answer):
        return self.script(name, FAKE_REGATTA.replace("ANSWER", answer))

    def gate(self, baseline, candidate, *arguments, **options):
        return self.run_command("gate", "--baseline", baseline, "--candidate", candidate,
                                *arguments, **options)

    def report(self, name="regatta-gate.json"):
        return super().report(name)

    def verdicts(self):
        """Names by verdict."""
        found = {}
        for each in self.report()["comparisons"]:
            found.setdefault(each["verdict"], set()).add(each["name"])
        return found


class RealBenchmarks(GateTest):
    """Two builds of ten benchmarks, measured: by CPU time, which a busy machine spoils least."""

    def copy(self, target):
        """A file of its own for each side."""
        return shutil.copy(TARGETS / target, self.folder / f"{target}-{len(os.listdir(self.folder))}")

    def test_the_slower_function_is_found_and_no_other(self):
        finished = self.gate(self.copy("gate_target"), self.copy("gate_target_slower"),
                             "--metric", "cpu_time", "--budget", "100s", timeout=150)
        self.assertEqual(finished.code, 3, finished)
        self.assertEqual(self.verdicts()["regressed"], {"BM_parse"})
        self.assertNotIn("improved", self.verdicts())
        self.assertNotIn("failed", self.verdicts())
        self.assertIn("BM_parse", finished.stdout)
        (slower,) = [each for each in self.report()["comparisons"] if each["name"] == "BM_parse"]
        self.assertGreater(slower["confirmation"]["worse_by"]["ratio"], 1.05)

    def test_identical_copies_pass(self):
        finished = self.gate(self.copy("gate_target"), self.copy("gate_target"), "--metric",
                             "cpu_time", "--budget", "35s", timeout=90)
        self.assertEqual(finished.code, 0, finished)
        self.assertLessEqual(set(self.verdicts()), {"equivalent", "inconclusive"})
        self.assertEqual(sum(map(len, self.verdicts().values())), 10)

    def test_a_crash_is_named_and_the_rest_is_judged(self):
        finished = self.gate(self.copy("gate_target"), self.copy("gate_target_crashing"),
                             "--filter", "BM_(format|parse|root)", "--metric", "cpu_time",
                             "--budget", "35s", "--max-pairs", "12", timeout=90)
        self.assertEqual(finished.code, 1, finished)
        self.assertEqual(self.verdicts()["failed"], {"BM_format"})
        self.assertIn("BM_format", finished.stdout)
        self.assertIn("the candidate was killed by SIGSEGV", finished.stdout)
        self.assertEqual(sum(map(len, self.verdicts().values())), 3)

    def test_counters_can_be_compared(self):
        finished = self.gate(self.copy("gate_target"), self.copy("gate_target"), "--max-pairs", "2",
                             "--metric", "items_per_second")
        self.assertEqual(finished.code, 0, finished)
        found = self.report()["comparisons"]
        self.assertEqual({each["name"] for each in found},
                         {"BM_chain/100", "BM_chain/1000", "BM_chain/1001"})
        self.assertEqual({each["better"] for each in found}, {"larger"})
        self.assertIn("BM_parse reports no items_per_second", finished.stderr)


class MadeUpBenchmarks(GateTest):
    """Verdicts that depend on no clock."""

    def test_a_regression_is_exit_3_and_in_every_output(self):
        summary = self.folder / "summary.md"
        summary.write_text("before\n")
        finished = self.gate(self.fake("old"), self.fake("new", '[ "$name" = BM_b ] && time=120'),
                             "--junit", "gate.xml", "--markdown", "gate.md", "--github",
                             environment=self.environment(GITHUB_STEP_SUMMARY=str(summary)))
        self.assertEqual(finished.code, 3, finished)
        self.assertEqual(self.verdicts(), {"regressed": {"BM_b"}, "equivalent": {"BM_a"}})
        self.assertRegex(finished.stdout, r"(?m)^::error .*BM_b")
        suite = xml.etree.ElementTree.parse(self.folder / "gate.xml").getroot()
        self.assertEqual(len(list(suite.iter("failure"))), 1)
        markdown = (self.folder / "gate.md").read_text()
        self.assertIn("BM_b", markdown)
        self.assertEqual(summary.read_text(), "before\n" + markdown + "\n")
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_an_improvement_is_fine(self):
        finished = self.gate(self.fake("old"), self.fake("new", "time=80"))
        self.assertEqual(finished.code, 0, finished)
        self.assertEqual(self.verdicts(), {"improved": {"BM_a", "BM_b"}})

    def test_the_gate_file_decides_what_blocks(self):
        sides = self.fake("old"), self.fake("new", "time=120")
        for rules, code in (
                ([{"match": "*", "mode": "warn"}], 0),
                ([{"match": "*", "margin": "30%"}], 0),
                ([{"match": "*", "mute_until": "2999-01-01", "reason": "issue 7"}], 0),
                ([{"match": "*", "mute_until": "2001-01-01", "reason": "issue 7"}], 3),
                ([{"match": "BM_a", "mode": "warn"}], 3),
                ([{"match": "*", "metric": "cpu_time"}], 0)):
            with self.subTest(rules):
                (self.folder / "rules.json").write_text(json.dumps({"rules": rules}))
                finished = self.gate(*sides, "--gate-file", "rules.json")
                self.assertEqual(finished.code, code, finished)

    def test_inconclusive_fails_only_when_asked(self):
        sides = self.fake("old", NOISE), self.fake("new", NOISE)
        for arguments, code in ((), 0), (("--fail-on-inconclusive",), 4):
            finished = self.gate(*sides, "--max-pairs", "10", *arguments)
            self.assertEqual(finished.code, code, finished)
            self.assertEqual(set(self.verdicts()), {"inconclusive"})

    def test_a_missing_benchmark_is_named_and_fails_only_when_asked(self):
        sides = self.fake("old"), self.fake("new", "names='BM_a BM_new'")
        for arguments, code in ((), 0), (("--fail-on-missing",), 1):
            finished = self.gate(*sides, *arguments)
            self.assertEqual(finished.code, code, finished)
            self.assertIn("the candidate does not have it: BM_b", finished.stderr)
            self.assertIn("the baseline does not have it: BM_new", finished.stderr)

    def test_a_baseline_that_differs_from_its_copy_is_unfit(self):
        biased = self.fake("old", "case $0 in *tmp*) time=130 ;; esac")
        sides = biased, self.fake("new", "time=120")
        for arguments, code in ((), 0), (("--fail-on-unfit",), 5):
            finished = self.gate(*sides, *arguments)
            self.assertEqual(finished.code, code, finished)
            self.assertIn("byte copy", finished.stdout)
            self.assertIn("byte copy", self.report()["unfit"])

    def test_a_program_that_needs_its_folder_is_its_own_copy(self):
        homebound = self.fake("old", "case $0 in *tmp*) exit 1 ;; esac")
        finished = self.gate(homebound, self.fake("new"))
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("it does not run from another directory", finished.stderr)

    def test_benchmarks_may_have_arguments_of_their_own(self):
        picky = '[ "$1" = --size=9 ] || exit 1'
        finished = self.gate(self.fake("old", picky) + " --size=9",
                             self.fake("new", picky) + " --size=9")
        self.assertEqual(finished.code, 0, finished)
        self.assertEqual(self.verdicts(), {"equivalent": {"BM_a", "BM_b"}})

    def test_an_error_that_the_benchmark_reports_is_a_failure(self):
        broken = self.fake("new", r"""[ -n "$out" ] && { printf '{"benchmarks": [{"name": "%s",
            "error_occurred": true, "error_message": "no GPU"}]}' "$name" > "$out"; exit; }""")
        finished = self.gate(self.fake("old"), broken)
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("the candidate reported an error: no GPU", finished.stdout)

    def test_the_order_is_the_seeds(self):
        # The fakes keep a diary of what they were asked.
        diary = 'echo "$name" >> diary'
        sides = self.fake("old", diary), self.fake("new", diary)

        def order(seed):
            (self.folder / "diary").write_text("")
            self.gate(*sides, "--seed", seed)
            return (self.folder / "diary").read_text()

        self.assertEqual(order(1), order(1))
        self.assertNotEqual(order(1), order(2))


class Commands(GateTest):
    def test_a_slower_command_is_a_regression(self):
        finished = self.gate("sleep 0.01", "sleep 0.1")
        self.assertEqual(finished.code, 3, finished)
        (only,) = self.report()["comparisons"]
        self.assertEqual((only["metric"], only["unit"]), ("wall", "s"))
        self.assertGreater(only["median_candidate"], 0.1)

    def test_memory_of_a_command_can_be_compared(self):
        finished = self.gate("python3 -c 'x = bytearray(1 << 27)'", "python3 -c 'x = bytearray(1 << 28)'",
                             "--metric", "max_rss")
        self.assertEqual(finished.code, 3, finished)
        (only,) = self.report()["comparisons"]
        self.assertGreater(only["median_candidate"] - only["median_baseline"], 120 << 20)

    def test_a_command_that_fails_is_named(self):
        finished = self.gate("true", "sh -c 'echo cannot open x >&2; exit 7'")
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("the candidate exited with code 7: cannot open x", finished.stdout)

    def test_a_command_that_hangs_has_failed(self):
        finished = self.gate("true", "sleep 100", "--launch-timeout", "200ms")
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("the candidate gave no answer within 0.2 s", finished.stdout)
        self.assert_nothing_runs(within=5)

    def test_a_shell_runs_what_needs_one(self):
        finished = self.gate("echo x | cat", "echo x | false", "--shell")
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("the candidate exited with code 1", finished.stdout)

    def test_ctrl_c_keeps_what_was_measured(self):
        running = self.start("gate", "--baseline", "sleep 0.05", "--candidate", "sleep 0.05")
        self.assertTrue(running.wait_for_stderr("round 1"))
        wait_until(lambda: False, 0.5)
        os.killpg(running.pid, signal.SIGINT)
        finished = running.finish(timeout=10)
        self.assertEqual(finished.code, 130, finished)
        self.assertIn("interrupted", finished.stderr)
        self.assert_nothing_runs(within=5)
        self.assertEqual(list(self.temporary.iterdir()), [])
        self.assertIs(self.report()["interrupted"], True)
        self.assertTrue(self.report()["comparisons"][0]["screening"]["pairs"])

    def test_nothing_outlives_a_killed_regatta(self):
        running = self.start("gate", "--baseline", "sleep 50", "--candidate", "sleep 50")
        self.assertTrue(running.wait_for_stderr("round 1"))
        self.assertTrue(wait_until(lambda: len(self.our_processes()) == 2))
        running.process.kill()
        running.process.wait()
        self.assert_nothing_runs(within=5)


class RegattaBuilds(GateTest):
    def test_cells_of_two_builds_are_compared(self):
        finished = self.gate(REGATTA, REGATTA, "-w", "tokenize", "-b", "serial", "-b", "thread",
                             "--max-pairs", "2", "--budget", "30s", timeout=90)
        self.assertEqual(finished.code, 0, finished)
        found = self.report()["comparisons"]
        self.assertEqual({each["name"] for each in found},
                         {"tokenize on serial", "tokenize on thread"})
        self.assertEqual({each["metric"] for each in found}, {"throughput"})
        self.assertTrue(all(each["screening"]["pairs"] for each in found))
        self.assertEqual(self.report()["baseline"]["kind"], "regatta")
        self.assert_nothing_runs(within=5)
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_in_an_open_loop_p99_counts(self):
        finished = self.gate(REGATTA, REGATTA, "-w", "llm-complete", "-b", "coroutine", "--rate",
                             "500", "--max-pairs", "1", timeout=90)
        self.assertEqual(finished.code, 0, finished)
        (only,) = self.report()["comparisons"]
        self.assertEqual((only["metric"], only["better"]), ("p99", "smaller"))

    def test_a_build_that_speaks_otherwise_is_refused(self):
        for answer, part in (("pass", "older than `regatta gate`"),
                             ("cell.send(b'{\"introduction\": {\"protocol\": 99}}')",
                              "speak protocol 99")):
            with self.subTest(answer):
                finished = self.gate(REGATTA, self.fake_regatta("other", answer), "-q",
                                     "-w", "tokenize", "-b", "serial")
                self.assertEqual(finished.code, 1, finished)
                self.assert_one_sentence(finished, "./other", part)

    def test_a_build_that_dies_is_named(self):
        answer = """if "introduce" not in request: os._exit(9)
    cell.send(b'{"introduction": {"protocol": 3, "workloads": ["tokenize"], "backends": ["serial"]}}')
"""
        finished = self.gate(REGATTA, self.fake_regatta("other", answer), "-w", "tokenize",
                             "-b", "serial", "-b", "thread")
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("tokenize on serial", finished.stdout)
        self.assertIn("the candidate ended as crashed: the cell's process exited with code 9",
                      " ".join(finished.stdout.split()))
        self.assertIn("the candidate does not have it: tokenize on thread", finished.stderr)


class BadInput(GateTest):
    def assert_usage(self, arguments, *parts):
        with self.subTest(arguments):
            finished = self.run_command("gate", "-q", *arguments)
            self.assertEqual(finished.code, 2, finished)
            self.assert_one_sentence(finished, *parts)
            self.assertEqual(finished.stdout, "")
            self.assertFalse((self.folder / "regatta-gate.json").exists())

    def test_one_sentence_and_exit_2(self):
        fake, other = self.fake("old"), self.fake("new", "names=BM_z")
        self.assert_usage(["--baseline", fake], "--candidate is required")
        both = ["--baseline", fake, "--candidate", fake]
        self.assert_usage([*both, "--filter", "xyz"], "'xyz' matches none of the 2", "BM_a")
        self.assert_usage([*both, "--filter", "["], "no regular expression")
        self.assert_usage([*both, "--margin", "0.05"], "--margin takes a share like 5%")
        self.assert_usage([*both, "--alpha", "2"], "--alpha is a probability")
        self.assert_usage([*both, "--max-pairs", "0"], "--max-pairs")
        self.assert_usage([*both, "--budget", "soon"], "--budget takes a time")
        self.assert_usage([*both, "--metric", "real_tmie"], "no benchmark reports 'real_tmie'")
        self.assert_usage([*both, "--kind", "thing"], "--kind is auto")
        self.assert_usage([*both, "--shell", "--kind", "regatta"], "--shell is for commands")
        self.assert_usage([*both, "--gate-file", "no.json"], "no.json")
        self.assert_usage([*both, "--color", "blue"], "--color takes")
        self.assert_usage(["--baseline", fake, "--candidate", other], "no benchmark in common")
        self.assert_usage(["--baseline", fake, "--candidate", "./nope"], "no program './nope'")
        self.assert_usage(["--baseline", fake, "--candidate", "true"], "google-benchmark",
                          "command", "--kind")
        self.assert_usage(["--baseline", "true", "--candidate", "true | true"], "--shell")
        self.assert_usage(["--baseline", "true", "--candidate", "true 'x"], "without its end")
        self.assert_usage(["--baseline", "true", "--candidate", "true", "--min-time", "1s"],
                          "--min-time is for Google Benchmark")
        (self.folder / "bad.json").write_text("{\"rules\": [{\"match\": \"a\", \"margni\": \"5%\"}]}")
        self.assert_usage([*both, "--gate-file", "bad.json"], "bad.json", "margni")

    def test_where_nothing_can_be_written_nothing_is_measured(self):
        finished = self.gate("sleep 10", "sleep 10", "-o", "no/such/folder/gate.json", "-q")
        self.assertEqual(finished.code, 1, finished)
        self.assert_one_sentence(finished, "no/such/folder")
        self.assertLess(finished.seconds, 9)


if __name__ == "__main__":
    unittest.main()
