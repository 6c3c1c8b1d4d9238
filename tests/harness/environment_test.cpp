// SPDX-License-Identifier: Apache-2.0
#include "harness/environment.hpp"

#include <gtest/gtest.h>

#include "tests/harness/platform/fake_tree.hpp"

namespace regatta {
namespace {

TEST(CpuTicks, StealIsAShareOfTheBusyTime) {
  // user nice system idle iowait irq softirq steal guest guest_nice
  const auto ticks =
      parse_cpu_ticks("cpu  60 0 20 800 100 0 0 20 30 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
  ASSERT_TRUE(ticks);
  EXPECT_EQ(*ticks, (cpu_ticks{.total = 1000, .idle = 900, .steal = 20}));
  EXPECT_EQ(steal_fraction(*ticks), 0.2);
}

TEST(CpuTicks, OfAnIdleMachineHaveNoShare) {
  EXPECT_EQ(steal_fraction({.total = 50, .idle = 50, .steal = 0}), std::nullopt);
  EXPECT_EQ(steal_fraction({}), std::nullopt);
}

TEST(CpuTicks, DifferencesNeverGoBelowNothing) {
  const cpu_ticks earlier{.total = 100, .idle = 51, .steal = 4};
  const cpu_ticks later{.total = 110, .idle = 50, .steal = 5};
  EXPECT_EQ(later - earlier, (cpu_ticks{.total = 10, .idle = 0, .steal = 1}));
}

TEST(CpuTicks, CutOffTextIsUnknown) {
  EXPECT_EQ(parse_cpu_ticks(""), std::nullopt);
  EXPECT_EQ(parse_cpu_ticks("cpu  1 2 3\n"), std::nullopt);
  EXPECT_EQ(parse_cpu_ticks("cpu0 1 2 3 4 5 6 7 8\n"), std::nullopt);
}

TEST(Environment, IsReadFromTheTree) {
  const testing::fake_tree tree;
  tree.put("proc/cpuinfo",
           "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n"
           "flags\t\t: fpu hypervisor sse\n");
  tree.put("proc/stat", "cpu  60 0 20 800 100 0 0 20 30 0\n");
  tree.put("proc/loadavg", "0.79 0.41 1.18 2/180 4093\n");
  tree.put("proc/meminfo", "MemTotal:       2048 kB\nMemFree: 1 kB\nMemAvailable:   1024 kB\n");
  tree.put("proc/sys/kernel/hostname", "boat\n");
  tree.put("proc/sys/kernel/osrelease", "6.1.0-test\n");
  tree.put("proc/sys/kernel/randomize_va_space", "2\n");
  tree.put("sys/devices/system/cpu/online", "0-7\n");
  tree.put("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  tree.put("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  const auto found = read_environment(tree.root());
  EXPECT_EQ(found.cpu_model, "Some CPU @ 2 GHz");
  EXPECT_EQ(found.virtual_machine, true);
  EXPECT_EQ(found.stolen, 0.2);
  EXPECT_EQ(found.load_average, (std::array<double, 3>{0.79, 0.41, 1.18}));
  EXPECT_EQ(found.memory_total_bytes, 2048U * 1024);
  EXPECT_EQ(found.memory_available_bytes, 1024U * 1024);
  EXPECT_EQ(found.hostname, "boat");
  EXPECT_EQ(found.kernel, "6.1.0-test");
  EXPECT_EQ(found.address_randomisation, 2);
  EXPECT_EQ(found.cpus.visible, 8U);
  EXPECT_EQ(found.scaling_governor, "powersave");
  EXPECT_EQ(found.clocksource, "tsc");
}

TEST(Environment, WhatIsNotThereIsUnknownAndNeverZero) {
  const testing::fake_tree tree;
  const auto found = read_environment(tree.root());
  EXPECT_EQ(found.cpu_model, "unknown");
  EXPECT_EQ(found.kernel, "unknown");
  EXPECT_EQ(found.stolen, std::nullopt);
  EXPECT_EQ(found.throttled, std::nullopt);
  EXPECT_EQ(found.load_average, std::nullopt);
  EXPECT_EQ(found.memory_total_bytes, std::nullopt);
  EXPECT_EQ(found.virtual_machine, std::nullopt);
  EXPECT_EQ(found.scaling_governor, std::nullopt);
  EXPECT_EQ(found.clocksource, std::nullopt);
  EXPECT_EQ(found.address_randomisation, std::nullopt);
}

TEST(Environment, OfBareMetalHasNoHypervisorFlag) {
  const testing::fake_tree tree;
  tree.put("proc/cpuinfo", "flags : fpu sse hypervisors\n");
  EXPECT_EQ(read_environment(tree.root()).virtual_machine, false);
}

TEST(Environment, ThisMachineHasAName) {
  const auto found = read_environment();
  EXPECT_NE(found.kernel, "unknown");
  EXPECT_TRUE(found.memory_total_bytes);
  EXPECT_TRUE(read_steal());
}

TEST(Environment, TheBuildKnowsItsCompiler) {
  const auto build = this_build();
  EXPECT_TRUE(build.compiler.starts_with("g++ ") || build.compiler.starts_with("clang "));
  EXPECT_FALSE(build.type.empty());
  EXPECT_FALSE(build.revision.empty());
}

TEST(Iso8601, IsUtcToTheSecond) {
  using std::chrono::system_clock;
  EXPECT_EQ(iso8601_utc(system_clock::time_point{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(iso8601_utc(system_clock::from_time_t(1709210096)), "2024-02-29T12:34:56Z");
}

}  // namespace
}  // namespace regatta
