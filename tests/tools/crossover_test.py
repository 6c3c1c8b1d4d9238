# SPDX-License-Identifier: Apache-2.0
"""`regatta crossover` as a user runs it, over backends whose speed is known: they sleep."""
import json
import unittest

from regatta_command import FAULTY, CommandTest

# 250 items/s against 62.5 for each in flight: the lead passes at 4.
PACED = ["crossover", "-w", "tokenize", "-b", "paced-steady,paced-growing", "-p", "payload=16"]


class Crossover(CommandTest):
    def found(self, name="found.json"):
        return json.loads((self.folder / name).read_text())

    def test_finds_where_the_lead_passes(self):
        finished = self.run_command(*PACED, "--over", "in-flight", "--to", "16", "--budget", "90s",
                                    "-o", "found.json", program=FAULTY, timeout=150)
        self.assertEqual(finished.code, 0, finished)
        checked = self.run_command("report", "--check", "found.json")
        self.assertEqual(checked.code, 0, checked)
        found = self.found()
        (crossing,) = found["crossovers"]
        self.assertEqual((crossing["below"], crossing["above"]), ("paced-steady", "paced-growing"))
        self.assertIn(crossing["last_below"], (2, 3), finished)
        self.assertIn(crossing["first_above"], (5, 6), finished)
        self.assertIn(found["verdict"], " ".join(finished.stdout.split()))
        self.assertRegex(" ".join(finished.stdout.split()),
                         r"The lead passes from paced-steady to paced-growing between [23] and [56]\.")
        points = {point["at"]: point for point in found["points"]}
        self.assertEqual(sorted(points), list(points), "ascending")
        self.assertLessEqual(len(points), 12)
        self.assertAlmostEqual(points[1]["lead"]["ratio"], 4, delta=0.8)
        self.assertGreater(points[1]["lead"]["lower"], 1.05)
        self.assertAlmostEqual(points[16]["values"]["paced-growing"], 1000, delta=200)
        self.assertTrue(found["complete"])
        self.assertEqual(found["parameters"], {"payload": 16})
        self.assert_nothing_runs(within=5)

    def test_over_a_parameter_without_a_crossing_says_so(self):
        finished = self.run_command(
            "crossover", "-w", "tokenize", "-b", "paced-steady,paced-growing", "--in-flight", "1",
            "--over", "payload", "--from", "16", "--to", "64", "--budget", "20s", "--points", "3",
            "-o", "found.json", program=FAULTY)
        self.assertEqual(finished.code, 0, finished)
        self.assertIn("paced-steady from 16 to 64. No crossover was seen.",
                      " ".join(finished.stdout.split()))
        found = self.found()
        self.assertEqual(found["crossovers"], [])
        self.assertEqual(found["in_flight"], 1)

    def test_a_small_budget_ends_it_with_what_there_is(self):
        finished = self.run_command(*PACED, "--over", "in-flight", "--budget", "5s", "-o",
                                    "found.json", program=FAULTY)
        self.assertEqual(finished.code, 0, finished)
        found = self.found()
        self.assertGreaterEqual(len(found["points"]), 1)
        self.assertEqual(found["ended"], "the budget is used up")
        self.assertLess(finished.seconds, 15)

    def test_ctrl_c_keeps_what_was_found(self):
        running = self.start(*PACED, "--over", "in-flight", "--to", "64", "-o", "found.json",
                             program=FAULTY)
        self.assertTrue(running.wait_for_stderr("in-flight=8"), "the third point")
        running.process.send_signal(2)
        finished = running.finish()
        self.assertEqual(finished.code, 130, finished)
        found = self.found()
        self.assertFalse(found["complete"])
        self.assertEqual([point["at"] for point in found["points"]], [1, 64])
        self.assert_nothing_runs(within=5)

    def test_a_rival_that_answers_wrong_is_no_rival(self):
        finished = self.run_command(
            "crossover", "-w", "tokenize", "-b", "thread,faulty-corrupts", "--over", "in-flight",
            "--to", "4", "--points", "2", "--budget", "10s", "-o", "found.json", program=FAULTY)
        self.assertEqual(finished.code, 0, finished)
        for point in self.found()["points"]:
            self.assertEqual(point["ahead"], "thread")
            self.assertIsNone(point["values"]["faulty-corrupts"])
            self.assertIn("differ from the serial reference", point["notes"][0])

    def test_what_cannot_be_measured_is_an_error(self):
        finished = self.run_command(
            "crossover", "-w", "tokenize", "-b", "thread,faulty-unavailable", "--over", "in-flight",
            "--budget", "10s", "-o", "found.json", program=FAULTY)
        self.assertEqual(finished.code, 1, finished)
        self.assertIn("regatta: at in-flight=1: faulty-unavailable is not available here: this "
                      "machine has no flux capacitor", finished.stderr)
        self.assertFalse(self.found()["complete"])

    def test_bad_input_is_one_sentence(self):
        usual = ["-w", "tokenize", "-b", "serial,thread"]
        for arguments, part in (
                ([*usual], "--over"),
                ([*usual, "--over", "in-fligt"], "did you mean 'in-flight'?"),
                ([*usual, "--over", "cpu-share"], "has no 'cpu-share'"),
                ([*usual, "--over", "in-flight", "--from", "9", "--to", "9"], "not below"),
                ([*usual, "--over", "in-flight", "--from", "0"], "from 1 to 100000, not 0"),
                ([*usual, "--over", "in-flight", "--from", "1.5"], "a whole number"),
                ([*usual, "--over", "payload", "--to", "1e9"], "--to: payload"),
                ([*usual, "--over", "in-flight", "--budget", "soon"], "--budget takes a time"),
                ([*usual, "--over", "in-flight", "--points", "1"], "--points"),
                ([*usual, "--over", "in-flight", "-p", "tokens=3"], "no workload here has"),
                (["-w", "token-counter", "-b", "serial,thread", "--over", "method"],
                 "--over: method is one of mutex, atomic, sharded"),
                (["-w", "rate-limited-llm", "-b", "serial,thread", "--over", "per-second"],
                 "--from: the search is by factors, and begins above 0"),
                (["-w", "*", "-b", "serial,thread", "--over", "in-flight"], "one workload"),
                (["-w", "tokenize", "-b", "serial", "--over", "in-flight"], "two backends"),
                (["-w", "tokenize", "-b", "serial,tread", "--over", "in-flight"], "did you mean"),
                (["-w", "nothing", "-b", "serial,thread", "--over", "in-flight"], "no workload")):
            with self.subTest(arguments):
                finished = self.run_command("crossover", *arguments)
                self.assertEqual(finished.code, 2, finished)
                self.assert_one_sentence(finished, part)
                self.assertEqual(finished.stdout, "")


if __name__ == "__main__":
    unittest.main()
