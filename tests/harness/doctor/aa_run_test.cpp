// SPDX-License-Identifier: Apache-2.0
#include "harness/doctor/aa_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/doctor/aa_work.hpp"
#include "harness/platform/affinity.hpp"
#include "tests/support/children.hpp"

namespace regatta::doctor {
namespace {

using namespace std::chrono_literals;

// So many pairs of each kind, however long they take.
std::vector<paired_times> run_pairs(const std::vector<int>& cpus, std::size_t pairs) {
  return run_against_itself(cpus, 1h, 1, [left = pairs]() mutable { return left-- == 0; });
}

TEST(AaRun, TimesBothSidesOfEveryKindAndLeavesNothingBehind) {
  const auto affinity = current_affinity();
  const auto children = test::all_children();
  const auto all = run_pairs(affinity, 5);
  ASSERT_EQ(all.size(), kinds_of_work().size());
  for (const paired_times& times : all) {
    if (affinity.size() < 2 && times.name == "two threads compute") {
      EXPECT_TRUE(times.not_run);
      continue;
    }
    EXPECT_EQ(times.not_run, std::nullopt) << times.name;
    EXPECT_FALSE(times.kind.empty());
    EXPECT_EQ(times.a.size(), 5U);
    EXPECT_EQ(times.b.size(), 5U);
    EXPECT_EQ(times.in_run_order.size(), 10U);
    EXPECT_TRUE(std::all_of(times.in_run_order.begin(), times.in_run_order.end(),
                            [](double seconds) { return seconds > 0; }));
  }
  EXPECT_EQ(current_affinity(), affinity);
  EXPECT_EQ(test::child_since(children), 0);
}

TEST(AaRun, PairsAreInRandomOrder) {
  const auto all = run_pairs(current_affinity(), 40);
  const paired_times& times = all.front();
  ASSERT_EQ(times.a.size(), 40U);
  std::size_t a_first = 0;
  for (std::size_t i = 0; i < times.a.size(); ++i) {
    a_first += times.in_run_order[2 * i] == times.a[i] ? 1 : 0;
  }
  EXPECT_GT(a_first, 8U);
  EXPECT_LT(a_first, 32U);
}

TEST(AaRun, OnOneCpuTwoPinnedThreadsAreNotTried) {
  const auto all = run_pairs({current_affinity().front()}, 1);
  EXPECT_EQ(all[1].not_run, "there is only one CPU to use");
  EXPECT_EQ(all[0].not_run, std::nullopt);
}

TEST(AaRun, EndsWhenAskedTo) {
  const auto all = run_against_itself(current_affinity(), 1h, 1, [] { return true; });
  EXPECT_TRUE(all.front().a.empty());
}

TEST(AaRun, EndsWhenItsTimeIsUp) {
  const auto all = run_against_itself(current_affinity(), 1ms, 1, [] { return false; });
  EXPECT_TRUE(all.front().a.empty()) << "it was gone before the first pair";
}

TEST(AaWork, TheSameAmountIsTheSameWorkEachTime) {
  for (std::size_t kind = 0; kind < kinds_of_work().size(); ++kind) {
    if (kind == 1 && current_affinity().size() < 2) continue;
    const auto work = make_work(kind, current_affinity());
    for (int i = 0; i < 3; ++i) EXPECT_NO_THROW(work->run(10)) << kinds_of_work()[kind].name;
  }
}

}  // namespace
}  // namespace regatta::doctor
