// SPDX-License-Identifier: Apache-2.0
#include "harness/doctor/observation.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/harness/platform/fake_tree.hpp"

namespace regatta::doctor {
namespace {

using namespace std::chrono_literals;
using regatta::testing::fake_tree;

std::uint64_t seconds_of_ticks(double seconds) {
  return static_cast<std::uint64_t>(seconds * static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

machine_snapshot at_second(int second) {
  machine_snapshot taken;
  taken.at = std::chrono::steady_clock::time_point{} + second * 1s;
  return taken;
}

TEST(TasksRunnable, AreThoseBesideTheReader) {
  EXPECT_EQ(tasks_runnable("cpu 1 2\nprocs_running 3\nprocs_blocked 0\n"), 2U);
  EXPECT_EQ(tasks_runnable("procs_running 1\n"), 0U);
  EXPECT_EQ(tasks_runnable("procs_running 0\n"), 0U) << "a reader on another CPU's list";
  EXPECT_EQ(tasks_runnable("cpu 1 2\n"), std::nullopt);
}

TEST(ParseSwapped, CountsPagesBothWays) {
  EXPECT_EQ(parse_swapped("nr_free_pages 9\npswpin 3\npswpout 4\n"), 7U);
  EXPECT_EQ(parse_swapped("pswpin 3\n"), std::nullopt);
}

TEST(Observation, OthersBusyTimeIsInCpus) {
  auto before = at_second(10);
  auto after = at_second(12);
  before.ticks = cpu_ticks{seconds_of_ticks(100), seconds_of_ticks(60), 0};
  after.ticks = cpu_ticks{seconds_of_ticks(108), seconds_of_ticks(65), 0};
  const auto seen = between(before, after, {0, 2, 1});
  EXPECT_DOUBLE_EQ(seen.seconds, 2);
  EXPECT_DOUBLE_EQ(seen.busy_cpus.value(), 1.5);
  EXPECT_DOUBLE_EQ(seen.runnable.value(), 1);
  EXPECT_EQ(seen.pages_swapped, std::nullopt);
}

TEST(Observation, TheBusiestComeFirstAndIdleOnesNotAtAll) {
  auto before = at_second(0);
  auto after = at_second(2);
  before.processes = {{7, {"idle", 500}}, {8, {"compiler", 100}}, {9, {"gone", 100}}};
  after.processes = {{7, {"idle", 500}},
                     {8, {"compiler", 100 + seconds_of_ticks(1)}},
                     {10, {"newborn", seconds_of_ticks(1.5)}},
                     {11, {"a", seconds_of_ticks(0.2)}},
                     {12, {"b", seconds_of_ticks(0.3)}}};
  const auto seen = between(before, after, {});
  const std::vector<busy_process> expected{
      {10, "newborn", 0.75}, {8, "compiler", 0.5}, {12, "b", 0.15}};
  EXPECT_EQ(seen.busiest, expected);
}

TEST(Observation, WithoutTimeBetweenNothingIsClaimed) {
  auto both = at_second(1);
  both.ticks = cpu_ticks{10, 5, 0};
  const auto seen = between(both, both, {});
  EXPECT_EQ(seen.busy_cpus, std::nullopt);
  EXPECT_EQ(seen.runnable, std::nullopt);
}

TEST(MachineSnapshot, IsTakenFromTheTreeWithoutOurselves) {
  const fake_tree tree;
  const std::string rest = " 0 0 0 0 0 0 0 0 11 0 0 0 30 12 0 0 20 0 1 0 5 0 0\n";
  tree.put("proc/stat", "cpu  60 0 20 800 100 0 0 20 30 0\n");
  tree.put("proc/vmstat", "pswpin 1\npswpout 2\n");
  tree.put("proc/41/stat", "41 (a (b) c) S" + rest);
  tree.put("proc/41/comm", "a (b) c\n");
  tree.put("proc/42/stat", "42 (self) R" + rest);
  tree.put("proc/self/stat", "42 (self) R" + rest);
  tree.put("proc/43/stat", "broken");
  const auto taken = take_snapshot(42, tree.root());
  ASSERT_EQ(taken.processes.size(), 1U);
  EXPECT_EQ(taken.processes.at(41).name, "a (b) c");
  EXPECT_EQ(taken.pages_swapped, 3U);
  EXPECT_TRUE(taken.ticks);
}

TEST(Observe, EndsWhenAskedToAndSeesThisMachine) {
  const auto began = std::chrono::steady_clock::now();
  const auto seen =
      observe(1h, [began] { return std::chrono::steady_clock::now() > began + 50ms; });
  EXPECT_GT(seen.seconds, 0);
  EXPECT_TRUE(seen.busy_cpus);
  EXPECT_TRUE(seen.runnable);
}

}  // namespace
}  // namespace regatta::doctor
