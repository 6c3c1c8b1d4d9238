// SPDX-License-Identifier: Apache-2.0
#include "harness/race_metric.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

epoch_sample epoch(std::optional<double> p99, std::uint64_t items = 1000) {
  epoch_sample made;
  made.throughput = 50;
  made.items = items;
  made.p50 = 0.002;
  made.p99 = p99;
  return made;
}

cell_result cell(std::vector<epoch_sample> epochs) {
  cell_result made;
  made.epochs = std::move(epochs);
  return made;
}

TEST(RaceMetric, IsTheObjectiveButOfAnOpenLoopNeverTheLoadsOwnRate) {
  const auto one = cell({epoch(0.01)});
  EXPECT_EQ(metric_of(objective::throughput, false, {&one}), race_metric::throughput);
  EXPECT_EQ(metric_of(objective::throughput, true, {&one}), race_metric::p99);
  EXPECT_EQ(metric_of(objective::p99, false, {&one}), race_metric::p99);
  for (const bool open_loop : {false, true}) {
    EXPECT_EQ(metric_of(objective::cpu, open_loop, {&one}), race_metric::cpu);
    EXPECT_EQ(metric_of(objective::memory, open_loop, {&one}), race_metric::memory);
  }
}

TEST(RaceMetric, TheMedianStandsInForAllWhereOneCannotShowP99) {
  const auto shows = cell({epoch(0.01)});
  const auto does_not = cell({epoch(std::nullopt)});
  EXPECT_EQ(metric_of(objective::p99, false, {&shows, &does_not}), race_metric::p50);
  EXPECT_EQ(metric_of(objective::throughput, true, {&shows, &does_not}), race_metric::p50);
}

TEST(RaceMetric, OnlyTheFirstEpochsDecide) {
  const auto later = cell({epoch(0.01), epoch(std::nullopt)});
  const auto failed = cell({});
  EXPECT_EQ(metric_of(objective::p99, false, {&later, &failed}), race_metric::p99);
}

TEST(RaceMetric, AClosedLoopNeedsItemsToSpareForP99AndAnOpenLoopDoesNot) {
  const auto few = cell({epoch(0.01, 101)});
  EXPECT_EQ(metric_of(objective::p99, false, {&few}), race_metric::p50);
  EXPECT_EQ(metric_of(objective::p99, true, {&few}), race_metric::p99);
}

TEST(RaceMetric, ACostIsSmallerWhereTheEpochWasBetter) {
  epoch_sample one = epoch(0.01);
  one.cpu_per_item = 3e-6;
  one.pss = 1 << 20;
  EXPECT_DOUBLE_EQ(cost_of(one, race_metric::throughput), 0.02);
  EXPECT_DOUBLE_EQ(cost_of(one, race_metric::p99), 0.01);
  EXPECT_DOUBLE_EQ(cost_of(one, race_metric::p50), 0.002);
  EXPECT_DOUBLE_EQ(cost_of(one, race_metric::cpu), 3e-6);
  EXPECT_DOUBLE_EQ(cost_of(one, race_metric::memory), 1 << 20);
  EXPECT_DOUBLE_EQ(value_of_cost(0.02, race_metric::throughput), 50);
  EXPECT_DOUBLE_EQ(value_of_cost(0.02, race_metric::p99), 0.02);
}

TEST(RaceMetric, AnEpochWithoutProgressCostsMoreThanAnyOther) {
  epoch_sample huge = epoch(3600);
  huge.throughput = 1e-6;
  huge.p50 = 3600;
  huge.cpu_per_item = 3600;
  huge.pss = std::uint64_t{1} << 50U;
  const epoch_sample nothing;
  for (const auto by : {race_metric::throughput, race_metric::p99, race_metric::p50,
                        race_metric::cpu, race_metric::memory}) {
    EXPECT_GT(cost_of(nothing, by), cost_of(huge, by));
    EXPECT_GT(cost_of(huge, by), 0);
  }
}

}  // namespace
}  // namespace regatta::test
