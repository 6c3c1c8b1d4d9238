// SPDX-License-Identifier: Apache-2.0
#include "reports/recommendation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Fixed sampling; of a race see race_recommendation_test.cpp.
recommendation advise_on(const workload_result& measured) {
  run_result run;
  run.plan.race = false;
  return recommend(measured, run);
}
recommendation advise(std::vector<cell_result> cells) {
  return advise_on(measured(std::move(cells)));
}

std::vector<std::string> labels(const recommendation& advice) {
  std::vector<std::string> all;
  for (const standing& place : advice.standings) all.push_back(place.label);
  return all;
}

TEST(Recommendation, NamesTheOneThatIsAheadOfAllOthers) {
  const auto advice =
      advise({cell("thread", around(100)), cell("tbb", around(200)), cell("serial", around(50))});
  EXPECT_EQ(advice.outcome, verdict::winner);
  EXPECT_EQ(advice.metric, "throughput");
  EXPECT_THAT(advice.choice, ElementsAre("tbb"));
  EXPECT_THAT(labels(advice), ElementsAre("tbb", "thread", "serial"));
  EXPECT_EQ(advice.runner_up, "thread");
  ASSERT_TRUE(advice.lead);
  EXPECT_NEAR(advice.lead->ratio, 2, 0.01);
  EXPECT_LE(advice.lead->lower, advice.lead->ratio);
  EXPECT_GE(advice.lead->confidence, 0.975) << "shared among two rivals";
  EXPECT_EQ(advice.standings[0].behind, std::nullopt);
  EXPECT_NEAR(advice.standings[2].behind->ratio, 4, 0.01);
}

TEST(Recommendation, ALeadWithinThePracticalDifferenceIsATie) {
  const auto advice = advise({cell("thread", around(100)), cell("tbb", around(103))});
  EXPECT_EQ(advice.outcome, verdict::tie);
  EXPECT_EQ(advice.choice.size(), 2U);
  EXPECT_EQ(advice.runner_up, std::nullopt);
  EXPECT_EQ(advise({cell("thread", around(100)), cell("tbb", around(107))}).outcome,
            verdict::winner);
}

TEST(Recommendation, ALeadThatNoiseCouldExplainIsATie) {
  std::vector<double> wild;
  for (int i = 0; i < 20; ++i) wild.push_back(i % 3 == 0 ? 50 : 200);
  const auto advice = advise({cell("thread", around(120)), cell("tbb", wild)});
  EXPECT_EQ(advice.outcome, verdict::tie);
  EXPECT_THAT(labels(advice), ElementsAre("tbb", "thread"));
}

TEST(Recommendation, ATieIsBrokenByCpuTimeFirst) {
  const auto advice = advise({with_cost(cell("thread", around(101)), 2e-3, 1000, 1),
                              with_cost(cell("tbb", around(100)), 1e-3, 9000, 9)});
  EXPECT_THAT(advice.choice, ElementsAre("tbb", "thread"));
  EXPECT_EQ(advice.tie_break, "CPU time per item");
}

TEST(Recommendation, ThenByMemoryWhereCpuTimeHardlyDiffers) {
  const auto advice = advise({with_cost(cell("thread", around(101)), 1.00e-3, 90U << 20U, 1),
                              with_cost(cell("tbb", around(100)), 1.02e-3, 10U << 20U, 9)});
  EXPECT_THAT(advice.choice, ElementsAre("tbb", "thread"));
  EXPECT_EQ(advice.tie_break, "memory");
}

TEST(Recommendation, ThenBySimplicity) {
  const auto advice = advise({with_cost(cell("process", around(101)), 1e-3, 1000, 6),
                              with_cost(cell("thread", around(100)), 1e-3, 1000, 2)});
  EXPECT_THAT(advice.choice, ElementsAre("thread", "process"));
  EXPECT_EQ(advice.tie_break, "simplicity");
}

TEST(Recommendation, WhatMayStillBeFarBehindIsNotPreferredForBeingSimple) {
  std::vector<double> wild;
  for (int i = 0; i < 20; ++i) wild.push_back(i % 3 == 0 ? 50 : 200);
  const auto advice = advise({with_cost(cell("thread", around(120)), 1e-3, 1000, 1),
                              with_cost(cell("tbb", wild), 1e-3, 1000, 9)});
  EXPECT_FALSE(advice.settled);
  EXPECT_THAT(advice.choice, ElementsAre("tbb", "thread"));
  EXPECT_EQ(advice.tie_break, "");
}

TEST(Recommendation, ATieThatNothingBreaksNamesNoReason) {
  const auto advice = advise({with_cost(cell("a", around(100)), 1e-3, 1000, 2),
                              with_cost(cell("b", around(100)), 1e-3, 1000, 2)});
  EXPECT_EQ(advice.outcome, verdict::tie);
  EXPECT_EQ(advice.tie_break, "");
}

TEST(Recommendation, OutsideTheTieIsTheRunnerUp) {
  const auto advice =
      advise({cell("slow", around(50)), cell("a", around(100)), cell("b", around(101))});
  EXPECT_EQ(advice.outcome, verdict::tie);
  EXPECT_EQ(advice.choice.size(), 2U);
  EXPECT_EQ(advice.runner_up, "slow");
}

TEST(Recommendation, TooFewBlocksAreSaidToBeToo) {
  const auto advice = advise({cell("a", around(100, 3)), cell("b", around(200, 3))});
  EXPECT_EQ(advice.outcome, verdict::too_few);
  EXPECT_EQ(advice.choice.size(), 2U);
  EXPECT_THAT(advice.caveats, Contains(HasSubstr("3 blocks are too few")));
}

TEST(Recommendation, MoreRivalsNeedMoreBlocks) {
  EXPECT_EQ(advise({cell("a", around(100, 6)), cell("b", around(200, 6))}).outcome,
            verdict::winner);
  EXPECT_EQ(advise({cell("a", around(100, 6)), cell("b", around(200, 6)), cell("c", around(50, 6)),
                    cell("d", around(60, 6))})
                .outcome,
            verdict::too_few);
}

TEST(Recommendation, OnlyBlocksThatBothRanInAreCompared) {
  auto late = cell("late", around(300, 26));
  late.epochs.erase(late.epochs.begin(), late.epochs.begin() + 20);
  auto early = cell("early", around(100, 20));
  EXPECT_EQ(advise({late, early}).outcome, verdict::too_few) << "they never met";
  late = cell("late", around(300, 26));
  late.epochs.erase(late.epochs.begin(), late.epochs.begin() + 10);
  const auto advice = advise({late, early});
  EXPECT_EQ(advice.outcome, verdict::winner);
  EXPECT_EQ(advice.lead->pairs, 10U);
}

TEST(Recommendation, NothingThatRanMeansNothingToRecommend) {
  const auto none = advise({});
  EXPECT_EQ(none.outcome, verdict::nothing);
  EXPECT_TRUE(none.choice.empty());
  const auto advice =
      advise({ended("process", outcome::crashed, "the cell was killed by SIGSEGV")});
  EXPECT_EQ(advice.outcome, verdict::nothing);
  EXPECT_THAT(advice.caveats, Contains("process crashed: the cell was killed by SIGSEGV."));
}

TEST(Recommendation, CellsThatDidNotEndWellAreNeverInTheStandings) {
  for (const outcome how : {outcome::wrong_answer, outcome::failed, outcome::timed_out,
                            outcome::crashed, outcome::unavailable}) {
    auto fast = cell("fast", around(1000));  // its epochs must not help it
    fast.ended = how;
    const auto advice = advise({fast, cell("a", around(100)), cell("b", around(50))});
    EXPECT_THAT(labels(advice), ElementsAre("a", "b")) << to_string(how);
    EXPECT_THAT(advice.choice, ElementsAre("a")) << to_string(how);
  }
}

TEST(Recommendation, AnOpenLoopIsJudgedByItsTailLatency) {
  auto quick = cell("quick", around(100));
  auto slow = cell("slow", around(900));  // the load's own rate: it says nothing here
  for (auto& epoch : quick.epochs) epoch.p99 = 0.010;
  for (auto& epoch : slow.epochs) epoch.p99 = 0.030;
  auto result = measured({slow, quick});
  result.plan.rate = 100;
  const auto advice = advise_on(result);
  EXPECT_EQ(advice.outcome, verdict::winner);
  EXPECT_EQ(advice.metric, "p99 latency");
  EXPECT_THAT(advice.choice, ElementsAre("quick"));
  EXPECT_NEAR(advice.standings[0].value, 0.010, 1e-9) << "in seconds";
  EXPECT_NEAR(advice.lead->ratio, 3, 0.01);
}

TEST(Recommendation, NeverNamesAWinnerInsideATie) {
  std::mt19937 random(2026);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::map<verdict, int> seen;
  for (int round = 0; round < 500; ++round) {
    std::vector<cell_result> cells;
    const int count = 1 + static_cast<int>(uniform(random) * 5);
    const double noise = uniform(random) * 0.3;
    for (int i = 0; i < count; ++i) {
      std::vector<double> values;
      const double middle = 100 * (1 + 0.5 * uniform(random));
      for (int block = 0; block < 4 + round % 30; ++block) {
        values.push_back(middle * (1 + noise * (uniform(random) - 0.5)));
      }
      cells.push_back(cell(std::string(1, static_cast<char>('a' + i)), values));
      if (uniform(random) < 0.1) cells.back().ended = outcome::crashed;
    }
    const auto advice = advise(cells);
    ++seen[advice.outcome];
    const auto tied =
        static_cast<std::size_t>(std::count_if(advice.standings.begin(), advice.standings.end(),
                                               [](const standing& place) { return place.tied; }));
    ASSERT_EQ(advice.choice.size(), tied);
    ASSERT_EQ(advice.outcome == verdict::winner, tied == 1);
    ASSERT_EQ(advice.outcome == verdict::nothing, advice.standings.empty());
    for (std::size_t i = 1; i < advice.standings.size(); ++i) {
      const standing& place = advice.standings[i];
      const standing& before = advice.standings[i - 1];
      ASSERT_GE(before.tied, place.tied) << "those left come first";
      if (before.tied == place.tied) {
        ASSERT_LE(place.value, before.value);
      }
      const bool ahead = place.behind && place.behind->lower > 1 + advice.practical_difference;
      ASSERT_EQ(place.tied, !ahead) << place.label;
    }
  }
  EXPECT_GT(seen[verdict::winner], 20);
  EXPECT_GT(seen[verdict::tie], 20);
  EXPECT_GT(seen[verdict::too_few], 20);
}

}  // namespace
}  // namespace regatta::test
