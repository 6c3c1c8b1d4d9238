# SPDX-License-Identifier: Apache-2.0
"""A race ends when it is known who is ahead, and recommends only what keeps the constraints."""
import unittest

from regatta_command import FAULTY, CommandTest

# serial is ahead of them by a factor that no noise hides.
EASY = ["run", "-w", "tokenize", "-b", "serial", "-b", "sleepy", "--no-card", "--budget", "30s",
        "-q"]


class Race(CommandTest):
    def run_easy(self, *flags):
        finished = self.run_command(*EASY, *flags, program=FAULTY)
        self.assertEqual((finished.code, finished.stderr), (0, ""), finished)
        found = self.report()
        (self.workload,) = found["workloads"]
        self.advice = self.workload["recommendation"]
        self.words = " ".join(finished.stdout.split())
        return found

    def test_an_easy_winner_is_known_long_before_the_budget_ends(self):
        found = self.run_easy()
        self.assertEqual((self.advice["verdict"], self.advice["choice"]), ("winner", ["serial"]))
        self.assertIs(self.advice["settled"], True)
        self.assertIn("Use serial: ", self.words)
        race = self.workload["race"]
        self.assertIs(race["settled"], True)
        self.assertEqual(race["ended"], "every other approach is behind by more than 5 %")
        self.assertLess(found["seconds"], 25)
        loser = self.cells(found)["sleepy"]
        self.assertEqual(loser["beaten_by"], "serial")
        self.assertEqual(loser["eliminated_after_block"], len(loser["epochs"]) - 1)
        self.assertEqual(race["epochs"], sum(len(cell["epochs"]) for cell in
                                             self.cells(found).values()))
        self.assertIn(f"cost {race['epochs']} epochs, ", self.words)

    def test_losers_stop_running_while_the_others_go_on(self):
        # serial and coroutine compute alike, and to know that takes more than to beat sleepy.
        found = self.run_easy("-b", "coroutine", "--delta", "20%")
        cells = self.cells(found)
        self.assertIn("sleepy", cells)
        self.assertLess(len(cells["sleepy"]["epochs"]), self.workload["blocks"])
        self.assertNotIn("sleepy", self.advice["choice"])
        race = self.workload["race"]
        self.assertGreater(race["fixed_epochs"], race["epochs"])
        self.assertGreater(race["fixed_seconds"], race["seconds"])
        self.assertIn("fixed sampling would have taken", self.words)

    def test_without_a_race_everybody_runs_in_every_block(self):
        found = self.run_easy("--no-race", "--blocks", "30")
        race = self.workload["race"]
        self.assertIs(race["settled"], False)
        self.assertEqual(race["ended"], "it had its 30 blocks")
        self.assertEqual(race["fixed_epochs"], race["epochs"])
        for label, cell in self.cells(found).items():
            self.assertEqual(len(cell["epochs"]), 30, label)
            self.assertIsNone(cell["eliminated_after_block"])
        self.assertEqual(self.advice["choice"], ["serial"])
        self.assertIs(found["method"]["race"], False)

    def test_too_few_blocks_name_nobody(self):
        self.run_easy("--blocks", "3")
        self.assertEqual(self.advice["verdict"], "too few blocks")
        self.assertIs(self.workload["race"]["settled"], False)
        self.assertEqual(self.workload["race"]["ended"], "it was not settled within 3 blocks")

    def test_every_epoch_has_what_was_raced_by(self):
        for objective, metric, field in (("cpu", "CPU per item", "cpu_per_item_seconds"),
                                         ("memory", "memory", "pss_bytes")):
            with self.subTest(objective):
                found = self.run_easy("--objective", objective, "--blocks", "3")
                self.assertEqual(found["method"]["objective"], objective)
                self.assertEqual(self.advice["metric"], metric)
                for cell in self.cells(found).values():
                    for epoch in cell["epochs"]:
                        self.assertGreater(epoch[field], 0)

    def test_memory_is_not_looked_at_during_epochs_unless_it_is_the_objective(self):
        found = self.run_easy("--blocks", "3")
        for cell in self.cells(found).values():
            self.assertTrue(all(epoch["pss_bytes"] is None for epoch in cell["epochs"]))

    def test_who_cannot_isolate_is_shown_but_not_recommended(self):
        found = self.run_easy("-b", "process", "--must", "isolate")
        self.assertEqual(self.advice["choice"], ["process"])
        self.assertIn("Use process: the only approach that keeps the constraints.", self.words)
        self.assertIn("excluded serial: an item that crashes takes others along.", self.words)
        excluded = {place["label"] for place in self.advice["standings"] if place["excluded"]}
        self.assertEqual(excluded, {"serial", "sleepy"})
        self.assertEqual(len(self.cells(found)["serial"]["epochs"]), 12)
        self.assertIs(found["method"]["constraints"]["isolate"], True)

    def test_a_limit_that_nobody_keeps_leaves_nothing_to_recommend(self):
        for flags, figure in ((["--slo", "p99=1us"], "above the 1.00 µs asked for"),
                              (["--max-memory", "1KiB"], "more than the 1.00 KiB allowed")):
            with self.subTest(flags):
                self.run_easy(*flags)
                self.assertEqual(self.advice["verdict"], "nothing to recommend")
                self.assertEqual(self.advice["choice"], [])
                self.assertIn("No recommendation: no approach that gave right answers keeps the "
                              "constraints.", self.words)
                self.assertIn(figure, self.words)

    def test_a_limit_that_rules_out_one_recommends_the_other(self):
        # sleepy sleeps for 10 ms before each item, so that its median is above that.
        self.run_easy("-b", "thread", "--slo", "p99=10ms", "--blocks", "40")
        sleepy = [place for place in self.advice["standings"] if place["label"] == "sleepy"]
        self.assertTrue(sleepy[0]["excluded"])
        self.assertNotIn("sleepy", self.advice["choice"])


class RaceFlags(CommandTest):
    def assert_usage_error(self, *flags, says):
        finished = self.run_command("run", "-w", "tokenize", "--no-card", *flags, timeout=3)
        self.assertEqual((finished.code, finished.stdout), (2, ""), finished)
        self.assert_one_sentence(finished, *says)

    def test_values_that_cannot_be(self):
        self.assert_usage_error("--objective", "speed", says=["--objective", "speed", "cpu"])
        self.assert_usage_error("--slo", "50ms", says=["--slo", "p99=50ms", "'50ms'"])
        self.assert_usage_error("--slo", "p50=50ms", says=["--slo", "'p50=50ms'"])
        self.assert_usage_error("--must", "win", says=["--must", "isolate", "sync-libraries"])
        self.assert_usage_error("--max-memory", "lots", says=["--max-memory", "512MiB", "lots"])
        self.assert_usage_error("--confidence", "1", says=["--confidence", "0.5 and 1"])
        self.assert_usage_error("--delta", "five", says=["--delta", "5%", "five"])
        self.assert_usage_error("--delta", "150%", says=["--delta", "below 1"])

    def test_the_help_has_them(self):
        text = self.run_command("run", "--help").stdout
        for flag in ("--objective", "--slo", "--must", "--max-memory", "--confidence", "--delta",
                     "--no-race"):
            self.assertIn(flag, text)


if __name__ == "__main__":
    unittest.main()
