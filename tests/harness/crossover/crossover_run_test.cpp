// SPDX-License-Identifier: Apache-2.0
#include "harness/crossover/crossover_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

using ::testing::HasSubstr;

std::string complaint_about(const workload_result& measured) {
  try {
    point_from(4, measured, {});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

cell_result eliminated(cell_result made, const std::string& by) {
  made.eliminated_after = static_cast<unsigned>(made.epochs.size()) - 1;
  made.beaten_by = by;
  return made;
}

TEST(WithParameter, SetsTheLoadOrTheWorkloadsOwn) {
  EXPECT_EQ(with_parameter({}, "in-flight", 31).in_flight, 31U);
  const auto plan = with_parameter({}, "payload", 512);
  EXPECT_EQ(plan.options.parameters.at("payload"), 512);
  EXPECT_EQ(plan.in_flight, workload_plan{}.in_flight);
}

TEST(PointFrom, TheOnlyContenderLeftIsAheadOfTheNext) {
  const auto point =
      point_from(4,
                 measured({eliminated(cell("slow", around(10)), "fast"), cell("fast", around(40)),
                           eliminated(cell("middle", around(20)), "fast")}),
                 {});
  EXPECT_EQ(point.at, 4);
  EXPECT_EQ(point.ahead, 1U);
  EXPECT_TRUE(point.settled);
  EXPECT_EQ(point.best, 1U);
  EXPECT_EQ(point.second, 2U);
  ASSERT_TRUE(point.lead);
  EXPECT_NEAR(point.lead->ratio, 2, 0.01);
  EXPECT_NEAR(point.values[0].value(), 10, 0.1);
  EXPECT_EQ(point.blocks, 20U);
}

TEST(PointFrom, SeveralContendersAreATieIfTheRaceSettledIt) {
  auto both = measured({cell("a", around(40)), cell("b", around(41))});
  EXPECT_EQ(point_from(4, both, {}).ahead, std::nullopt);
  EXPECT_FALSE(point_from(4, both, {}).settled);
  both.race = race_receipt{.settled = true, .ended = "a tie"};
  EXPECT_TRUE(point_from(4, both, {}).settled);
  EXPECT_EQ(point_from(4, both, {}).best, 1U);
}

TEST(PointFrom, OnlyBlocksThatBothRanInArePaired) {
  auto fast = cell("fast", around(40, 12));
  auto slow = eliminated(cell("slow", around(20, 12)), "fast");
  slow.epochs.erase(slow.epochs.begin() + 3);
  fast.epochs.pop_back();
  const auto point = point_from(4, measured({fast, slow}), {});
  ASSERT_TRUE(point.lead);
  EXPECT_EQ(point.lead->pairs, 10U);
  EXPECT_NEAR(point.lead->ratio, 2, 1e-9) << "the same noise in each block, so the ratio is exact";
}

TEST(PointFrom, WhoFailsIsBeatenByWhoDoesNot) {
  const auto point =
      point_from(4, measured({cell("a", around(40)), ended("b", outcome::crashed, "SIGSEGV")}), {});
  EXPECT_EQ(point.ahead, 0U);
  EXPECT_EQ(point.values[1], std::nullopt);
  EXPECT_EQ(point.lead, std::nullopt);
  EXPECT_THAT(point.notes, ::testing::ElementsAre("b crashed: SIGSEGV"));
}

TEST(PointFrom, RacesByTheObjective) {
  run_plan plan;
  plan.by = objective::cpu;
  auto frugal = cell("frugal", around(10));
  auto greedy = eliminated(cell("greedy", around(40)), "frugal");
  for (auto& epoch : frugal.epochs) epoch.cpu_per_item = 1e-3;
  for (auto& epoch : greedy.epochs) epoch.cpu_per_item = 3e-3;
  const auto point = point_from(4, measured({frugal, greedy}), plan);
  EXPECT_EQ(point.by, race_metric::cpu);
  EXPECT_EQ(point.ahead, 0U);
  EXPECT_DOUBLE_EQ(point.values[1].value(), 3e-3);
  EXPECT_NEAR(point.lead.value().ratio, 3, 1e-9);
}

TEST(PointFrom, WhatCannotBeMeasuredIsOneSentence) {
  EXPECT_THAT(complaint_about(measured(
                  {cell("a", around(40)), ended("b", outcome::unavailable, "no such CPU")})),
              HasSubstr("b is not available here: no such CPU"));
  EXPECT_THAT(complaint_about(measured({ended("a", outcome::crashed, "SIGSEGV"),
                                        ended("b", outcome::timed_out, "silent")})),
              HasSubstr("a crashed: SIGSEGV; b timed out: silent"));
  auto none = measured({});
  none.not_run = "the database is gone";
  EXPECT_EQ(complaint_about(none), "the database is gone");
}

}  // namespace
}  // namespace regatta::test
