# SPDX-License-Identifier: Apache-2.0
"""A part of tools/bench/profile_score.py as a test: a fault of each of three services is found and
nothing is invented; and the arithmetic of the score itself."""
import os
import pathlib
import sys
import tempfile
import time
import types
import unittest

BENCH = pathlib.Path(__file__).parents[2] / "tools" / "bench"
sys.path.insert(0, str(BENCH))
from profile_score.profile_run import ProfileRun, missing_tier  # noqa: E402
from profile_score.score import Happened, Score, Told, judge, missed_limits  # noqa: E402
from profile_score.service import Load  # noqa: E402
from profile_score.services import node, python, redis  # noqa: E402

REGATTA = os.environ.get("REGATTA", "regatta")
FAULT = types.SimpleNamespace(causes=("sleeping",), function=r"\bslow_sleep$")


def told(begin, end, cause="sleeping", function="slow_sleep", reaches_start=True):
    return Told(begin, end, cause, function, True, reaches_start)


class ScoreTest(unittest.TestCase):
    def judge(self, happened, tells, window=(0, 100)):
        return judge(happened, tells, FAULT, 0.02, window)

    def test_what_is_right_counts_everywhere(self):
        score = self.judge([Happened(1, 1.1)], [told(0.999, 1.101)])
        self.assertEqual(score, Score(injected=1, found=1, cause=1, named=1, function=1, rooted=1))
        self.assertEqual(list(missed_limits(score)), [])

    def test_each_error_counts_in_its_column(self):
        score = self.judge([Happened(1, 1.1)],
                           [told(1, 1.1, cause="computing", function="main", reaches_start=False)])
        self.assertEqual((score.found, score.cause, score.function, score.rooted), (1, 0, 0, 0))
        self.assertEqual(len(list(missed_limits(score))), 3)

    def test_a_stretch_that_covers_too_little_is_not_found(self):
        score = self.judge([Happened(1, 1.1)], [told(1, 1.04)])
        self.assertEqual((score.found, score.invented), (0, 0))
        self.assertEqual(len(list(missed_limits(score))), 1)

    def test_what_did_not_happen_is_invented_unless_the_machine_was_busy(self):
        score = self.judge([Happened(1, 1.1)], [told(1, 1.1), told(3, 3.1),
                                                told(4, 4.1, cause="waiting for a CPU")])
        self.assertEqual((score.found, score.invented, score.starved), (1, 1, 1))

    def test_a_fault_that_the_machine_lengthened_is_not_invented(self):
        longer = told(1, 1.5)
        longer.starved = 0.4
        self.assertEqual(self.judge([Happened(1, 1.1)], [longer]).invented, 0)

    def test_what_happened_by_itself_may_be_told_and_need_not(self):
        beside = Happened(1, 1.1, injected=False)
        for tells in ([], [told(1, 1.1)]):
            score = self.judge([beside], tells)
            self.assertEqual((score.injected, score.invented), (0, 0))

    def test_only_what_was_long_enough_and_watched_has_to_be_found(self):
        score = self.judge([Happened(1, 1.024), Happened(2, 2.1), Happened(5, 5.1)],
                           [told(1, 1.024)], window=(2.05, 5.05))
        self.assertEqual((score.injected, score.invented), (0, 0))

    def test_scores_add_up(self):
        both = Score(injected=1, wrong=["a"]) + Score(injected=2, wrong=["b"])
        self.assertEqual((both.injected, both.wrong), (3, ["a", "b"]))


class TimingServiceTest(unittest.TestCase):
    """The best tier there is. Blocks are long and few, for machines that are busy."""

    @classmethod
    def setUpClass(cls):
        cls.tier = "proc" if missing_tier(REGATTA, "ebpf") else "ebpf"

    def check(self, kind, name):
        problem = kind.problem(types.SimpleNamespace(programs=None))
        if problem:
            self.skipTest(problem)
        fault = next(each for each in kind.faults if each.name == name)
        with tempfile.TemporaryDirectory(prefix="regatta-score-") as folder:
            service = kind(pathlib.Path(folder))
            service.faults = (fault,)
            self.addCleanup(service.end)
            service.start()
            load = Load(service)
            self.addCleanup(load.end)
            run = ProfileRun(REGATTA, service.pid(), self.tier, 0.1, pathlib.Path(folder))
            self.addCleanup(run.kill)
            happened = []
            for _ in range(4):
                time.sleep(0.1)
                happened += service.inject(fault, 0.3)
            tells, window, _ = run.end()
            load.end()
            service.end()
        score = judge(happened, tells, fault, 0.1, window)
        self.assertGreater(score.injected, 0)
        self.assertEqual((score.found, score.invented, score.cause, score.function, score.rooted),
                         (score.injected, 0) + 3 * (score.injected,), score.wrong)

    def test_a_sleep_in_an_asyncio_handler(self):
        self.check(python.Asyncio, "sleep")

    def test_a_wait_in_a_node_handler(self):
        self.check(node.Node, "wait")

    def test_debug_sleep_of_redis(self):
        self.check(redis.Redis, "debug-sleep")


if __name__ == "__main__":
    unittest.main()
