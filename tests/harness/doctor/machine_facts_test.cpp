// SPDX-License-Identifier: Apache-2.0
#include "harness/doctor/machine_facts.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/harness/platform/fake_tree.hpp"

namespace regatta::doctor {
namespace {

using regatta::testing::fake_tree;

TEST(ParsePressure, IsTheShareOfTheLastTenSecondsInWhichSomeTaskWaited) {
  EXPECT_EQ(parse_pressure("some avg10=24.50 avg60=27.78 avg300=14.10 total=2335084192\n"
                           "full avg10=1.00 avg60=0.00 avg300=0.00 total=0\n"),
            0.245);
  EXPECT_EQ(parse_pressure(""), std::nullopt);
  EXPECT_EQ(parse_pressure("some avg60=1.00\n"), std::nullopt);
  EXPECT_EQ(parse_pressure("some avg10=much\n"), std::nullopt);
}

TEST(ParseChoice, IsTheOneInBrackets) {
  EXPECT_EQ(parse_choice("always [madvise] never\n"), "madvise");
  EXPECT_EQ(parse_choice("[always] madvise never\n"), "always");
  EXPECT_EQ(parse_choice("always madvise never\n"), std::nullopt);
  EXPECT_EQ(parse_choice("always [madvise"), std::nullopt);
}

TEST(ParseOpenFiles, IsTheHardLimit) {
  constexpr const char* header = "Limit                     Soft Limit           Hard Limit\n";
  EXPECT_EQ(parse_open_files(std::string(header) +
                             "Max open files            1024                 524288    files \n"),
            524288U);
  EXPECT_EQ(parse_open_files("Max open files            1024      unlimited    files \n"),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_open_files(header), std::nullopt);
}

TEST(ParseFixedLayout, IsOneBitOfThePersonality) {
  EXPECT_EQ(parse_fixed_layout("00000000\n"), false);
  EXPECT_EQ(parse_fixed_layout("00040000\n"), true);
  EXPECT_EQ(parse_fixed_layout("00c40008\n"), true);
  EXPECT_EQ(parse_fixed_layout("00400000\n"), false);
  EXPECT_EQ(parse_fixed_layout("none"), std::nullopt);
}

TEST(MachineFacts, AreReadFromTheTree) {
  const fake_tree tree;
  const std::string cpus = "sys/devices/system/cpu/";
  for (int cpu = 0; cpu < 4; ++cpu) {
    const std::string here = cpus + "cpu" + std::to_string(cpu) + "/";
    tree.put(here + "cpufreq/scaling_governor", cpu < 3 ? "powersave\n" : "performance\n");
    tree.put(here + "topology/thread_siblings_list", cpu % 2 == 0 ? "0,2\n" : "1,3\n");
  }
  tree.put(cpus + "intel_pstate/no_turbo", "0\n");
  tree.put("sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet \n");
  tree.put("proc/meminfo", "SwapTotal: 2048 kB\nSwapFree: 512 kB\n");
  tree.put("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
  tree.put("proc/pressure/cpu", "some avg10=10.00 avg60=0.00 avg300=0.00 total=1\n");
  tree.put("proc/sys/kernel/perf_event_paranoid", "-1\n");
  tree.put("proc/self/limits", "Max open files  1024  4096  files\n");
  tree.put("proc/self/personality", "00040000\n");

  const machine_facts facts = read_machine_facts({0, 1, 2}, tree.root());
  EXPECT_EQ(facts.governors, (std::map<std::string, unsigned>{{"powersave", 3}}));
  EXPECT_EQ(facts.turbo, true);
  EXPECT_EQ(facts.turbo_off, "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo");
  // CPU 3 is a sibling of 1, but not ours.
  EXPECT_EQ(facts.cores, (std::vector<std::vector<int>>{{0, 2}, {1}}));
  EXPECT_EQ(facts.clocksources, "tsc hpet");
  EXPECT_EQ(facts.swap_total_bytes, 2048U * 1024);
  EXPECT_EQ(facts.swap_used_bytes, 1536U * 1024);
  EXPECT_EQ(facts.huge_pages, "always");
  EXPECT_EQ(facts.cpu_pressure, 0.1);
  EXPECT_EQ(facts.memory_pressure, std::nullopt);
  EXPECT_EQ(facts.perf_event_paranoid, -1);
  EXPECT_EQ(facts.open_files, 4096U);
  EXPECT_EQ(facts.fixed_layout, true);
}

TEST(MachineFacts, TurboIsSaidTheOtherWayRoundByOtherDrivers) {
  const fake_tree tree;
  tree.put("sys/devices/system/cpu/cpufreq/boost", "1\n");
  const machine_facts facts = read_machine_facts({0}, tree.root());
  EXPECT_EQ(facts.turbo, true);
  EXPECT_EQ(facts.turbo_off, "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost");
}

TEST(MachineFacts, OfAnEmptyTreeNothingIsClaimed) {
  const fake_tree tree;
  EXPECT_EQ(read_machine_facts({0, 1}, tree.root()), machine_facts{});
}

}  // namespace
}  // namespace regatta::doctor
