// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/workload_race.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>

namespace regatta::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// Cells whose epochs have throughputs made up by the test, and the race that tells them to run.
class WorkloadRace : public ::testing::Test {
 protected:
  std::size_t add(double throughput) {
    cells_.emplace_back();
    cells_.back().choice.label = std::to_string(cells_.size() - 1);
    throughputs_.push_back(throughput);
    return cells_.size() - 1;
  }
  workload_race start() {
    std::vector<const cell_result*> cells;
    for (const cell_result& each : cells_) cells.push_back(&each);
    return {plan_, false, std::move(cells), 7};
  }
  void run_block(workload_race& race) {
    orders_.push_back(race.next_order());
    unsigned position = 0;
    for (const std::size_t i : orders_.back()) {
      epoch_sample epoch;
      epoch.block = race.blocks();
      epoch.position = position++;
      epoch.throughput = throughputs_[i] * (1 + 0.001 * ((race.blocks() * 7 + i * 3) % 10));
      epoch.items = 100;
      if (cells_[i].ended == outcome::ok) cells_[i].epochs.push_back(epoch);
    }
    race.end_block();
  }
  void run_to_the_end(workload_race& race, unsigned most = 500) {
    while (!race.decision() && race.blocks() < most) run_block(race);
  }

  run_plan plan_;
  std::deque<cell_result> cells_;
  std::vector<double> throughputs_;
  std::vector<std::vector<std::size_t>> orders_;
};

TEST_F(WorkloadRace, AClearWinnerEndsItAndLosersStopRunning) {
  const auto best = add(200);
  const auto worst = add(50);
  add(100);
  auto race = start();
  run_to_the_end(race);
  EXPECT_TRUE(race.settled());
  EXPECT_EQ(race.decision(), "every other approach is behind by more than 5 %");
  EXPECT_EQ(race.next_order().size(), 1U);
  EXPECT_EQ(race.elimination_of(best), std::nullopt);
  ASSERT_TRUE(race.elimination_of(worst));
  EXPECT_LT(race.blocks(), 20U);
}

TEST_F(WorkloadRace, WhoIsBehindRunsNoMoreWhileOthersGoOn) {
  add(100);
  add(101);
  const auto worst = add(50);
  auto race = start();
  run_to_the_end(race);
  const auto out = race.elimination_of(worst);
  ASSERT_TRUE(out);
  EXPECT_LT(out->block + 1, race.blocks());
  EXPECT_EQ(cells_[worst].epochs.size(), out->block + 1);
  EXPECT_THAT(orders_.back(), Not(Contains(worst)));
  EXPECT_EQ(race.decision(), "those left are within 5 % of the best");
  EXPECT_TRUE(race.settled());
}

TEST_F(WorkloadRace, AllRunInEveryBlockWhereNobodyRaces) {
  add(100);
  add(50);
  plan_.race = false;
  auto race = start();
  run_to_the_end(race, 60);
  EXPECT_EQ(race.blocks(), 60U) << "it ends when the budget does";
  EXPECT_FALSE(race.settled());
  for (const auto& order : orders_) EXPECT_THAT(order, UnorderedElementsAre(0, 1));
}

TEST_F(WorkloadRace, UpToSixStandEquallyOftenInEachPosition) {
  plan_.race = false;
  for (int i = 0; i < 4; ++i) add(100);
  auto race = start();
  for (int block = 0; block < 12; ++block) run_block(race);
  std::map<std::pair<std::size_t, std::size_t>, int> seen;
  std::map<std::pair<std::size_t, std::size_t>, int> follows;
  for (const auto& order : orders_) {
    for (std::size_t position = 0; position < order.size(); ++position) {
      ++seen[{order[position], position}];
      if (position > 0) ++follows[{order[position - 1], order[position]}];
    }
  }
  EXPECT_EQ(seen.size(), 16U);
  for (const auto& [what, count] : seen) EXPECT_EQ(count, 3);
  EXPECT_EQ(follows.size(), 12U);
  for (const auto& [what, count] : follows) EXPECT_EQ(count, 3);
}

TEST_F(WorkloadRace, MoreThanSixAreShuffled) {
  plan_.race = false;
  for (int i = 0; i < 9; ++i) add(100);
  auto race = start();
  for (int block = 0; block < 10; ++block) run_block(race);
  std::set<std::vector<std::size_t>> different(orders_.begin(), orders_.end());
  EXPECT_EQ(different.size(), 10U);
  for (auto order : orders_) {
    std::sort(order.begin(), order.end());
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
  }
}

TEST_F(WorkloadRace, WhoFailsIsOutAndBringsBackWhomItHadBeaten) {
  const auto star = add(200);
  const auto solid = add(100);
  const auto slow = add(50);
  add(199);  // it keeps the race open
  auto race = start();
  while (!race.elimination_of(solid) && race.blocks() < 100) run_block(race);
  ASSERT_TRUE(race.elimination_of(solid));
  for (const std::size_t i : race.next_order()) {
    cells_[i].ended = outcome::crashed;
    cells_[i].epochs.clear();
  }
  race.end_block();
  EXPECT_NE(cells_[star].ended, outcome::ok) << "the two that were left";
  EXPECT_EQ(cells_[solid].ended, outcome::ok);
  run_to_the_end(race);
  EXPECT_EQ(race.elimination_of(solid), std::nullopt);
  EXPECT_THAT(orders_.back(), Contains(solid));
  ASSERT_TRUE(race.elimination_of(slow));
  EXPECT_EQ(race.elimination_of(slow)->by, solid);
}

TEST_F(WorkloadRace, WhoBreaksAConstraintIsShownButNoRival) {
  plan_.required.isolate = true;
  const auto fast = add(1000);
  const auto a = add(100);
  const auto b = add(50);
  cells_[a].info.isolates = true;
  cells_[b].info.isolates = true;
  auto race = start();
  EXPECT_FALSE(race.is_rival(fast));
  run_to_the_end(race);
  EXPECT_EQ(cells_[fast].epochs.size(), 12U) << "what an interval over a dozen needs";
  EXPECT_EQ(race.elimination_of(a), std::nullopt);
  ASSERT_TRUE(race.elimination_of(b));
  EXPECT_EQ(race.elimination_of(b)->by, a);
  EXPECT_TRUE(race.settled());
}

TEST_F(WorkloadRace, WhoIsSeenToBreakTheSloIsOutAndBeatsNobody) {
  plan_.required.slo_p99 = 0.05;
  const auto fast = add(1000);
  const auto keeps = add(100);
  auto race = start();
  for (int block = 0; block < 3; ++block) run_block(race);
  cells_[fast].latency.p99 = 0.2;
  EXPECT_TRUE(race.is_rival(fast)) << "it takes an interval";
  cells_[fast].latency.p99_interval = interval{0.06, 0.3};
  cells_[keeps].latency.p99 = 0.01;
  run_to_the_end(race);
  EXPECT_FALSE(race.is_rival(fast));
  EXPECT_EQ(race.elimination_of(keeps), std::nullopt);
  EXPECT_EQ(cells_[fast].epochs.size(), 12U);
}

TEST_F(WorkloadRace, NobodyWinsBeforeItIsShownToKeepTheSlo) {
  plan_.required.slo_p99 = 0.05;
  const auto fast = add(200);
  const auto slow = add(100);
  auto race = start();
  while (race.blocks() < 30) run_block(race);
  EXPECT_EQ(race.next_order().size(), 1U);
  EXPECT_FALSE(race.settled());
  EXPECT_EQ(race.decision(), std::nullopt) << "its p99 is not known";
  cells_[fast].latency.p99 = 0.06;
  EXPECT_EQ(race.decision(), std::nullopt) << "it is too long, but that is not sure";
  cells_[fast].latency.p99 = 0.04;
  EXPECT_TRUE(race.decision());
  cells_[fast].latency.p99 = 0.06;
  cells_[fast].latency.p99_interval = interval{0.055, 0.07};
  run_block(race);
  EXPECT_EQ(race.decision(), std::nullopt) << "whom it had beaten is back";
  EXPECT_THAT(race.next_order(), Contains(slow));
}

TEST_F(WorkloadRace, ALoneApproachIsMeasuredForAWhile) {
  add(100);
  auto race = start();
  run_to_the_end(race);
  EXPECT_EQ(race.blocks(), 24U);
  EXPECT_THAT(race.decision().value_or(""), HasSubstr("no other approach"));
  EXPECT_TRUE(race.settled());
}

TEST_F(WorkloadRace, WithoutAnyoneLeftItEnds) {
  add(100);
  cells_[0].ended = outcome::unavailable;
  EXPECT_EQ(start().decision(), "no approach was left");
  EXPECT_TRUE(start().next_order().empty());
  plan_.race = false;
  EXPECT_EQ(start().decision(), "no approach was left");
}

TEST_F(WorkloadRace, TheObjectiveDecidesWhoIsAhead) {
  plan_.by = objective::cpu;
  const auto fast = add(200);
  const auto frugal = add(100);
  auto race = start();
  for (unsigned block = 0; !race.decision() && block < 100; ++block) {
    for (const std::size_t i : race.next_order()) {
      epoch_sample epoch;
      epoch.block = block;
      epoch.throughput = throughputs_[i];
      epoch.cpu_per_item = i == fast ? 2e-3 : 1e-3;
      cells_[i].epochs.push_back(epoch);
    }
    race.end_block();
  }
  EXPECT_EQ(race.elimination_of(frugal), std::nullopt);
  EXPECT_TRUE(race.elimination_of(fast));
}

}  // namespace
}  // namespace regatta::test
