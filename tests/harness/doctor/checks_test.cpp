// SPDX-License-Identifier: Apache-2.0
#include "harness/doctor/checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace regatta::doctor {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A machine as one wishes it.
examined sound() {
  examined found;
  environment& where = found.where;
  where.cpus.visible = 4;
  where.cpus.usable = 4;
  where.cpus.affinity = {0, 1, 2, 3};
  where.cpus.quota_source = "none";
  where.stolen = 0;
  where.load_average = {{0.01, 0.02, 0.03}};
  where.memory_total_bytes = std::uint64_t{16} << 30U;
  where.memory_available_bytes = std::uint64_t{12} << 30U;
  where.virtual_machine = false;
  where.clocksource = "tsc";
  where.address_randomisation = 2;
  where.build = {"g++ 12.2.0", "Release", "abc", "none", true};
  found.facts.governors = {{"performance", 4}};
  found.facts.turbo = false;
  found.facts.cores = {{0}, {1}, {2}, {3}};
  found.facts.swap_total_bytes = 0;
  found.facts.swap_used_bytes = 0;
  found.facts.huge_pages = "madvise";
  found.facts.cpu_pressure = 0;
  found.facts.memory_pressure = 0;
  found.facts.io_pressure = 0;
  found.facts.perf_event_paranoid = 1;
  found.facts.open_files = 524288;
  found.facts.fixed_layout = false;
  found.quiet.seconds = 2;
  found.quiet.busy_cpus = 0.01;
  found.quiet.runnable = 0;
  found.card.emplace();
  found.card->clock_read = 25ns;
  found.card->pinned_gain = 1.95;
  found.card->unpinned_gain = 1.9;
  found.card->packed_fraction = 0.02;
  found.clock_step = 20ns;
  found.stolen_meanwhile = 0;
  return found;
}

TEST(Judge, FindsNothingWrongWithASoundMachine) {
  std::set<std::string> names;
  for (const doctor_check& check : judge(sound())) {
    EXPECT_EQ(check.status, check_status::ok) << check.name << ": " << check.seen;
    EXPECT_EQ(check.remedy, "") << check.name;
    EXPECT_NE(check.seen, "") << check.name;
    names.insert(check.name);
  }
  EXPECT_EQ(names.size(), 17U) << "every check has a name of its own";
}

TEST(Judge, OfAMachineThatSaysNothingClaimsNothing) {
  examined nothing;
  nothing.where.build.sanitizer = "none";
  nothing.where.build.optimized = true;
  for (const doctor_check& check : judge(nothing)) {
    if (check.name == "this build" || check.name == "CPU quota") continue;
    EXPECT_EQ(check.status, check_status::unknown) << check.name << ": " << check.seen;
    EXPECT_NE(check.seen, "") << check.name;
  }
}

TEST(Judge, WhatIsNotWellHasARemedy) {
  auto found = sound();
  found.where.build.optimized = false;
  found.where.stolen = 0.2;
  found.stolen_meanwhile = 0.2;
  found.where.address_randomisation = 0;
  found.where.memory_available_bytes = 1U << 20U;
  found.where.virtual_machine = true;
  found.facts = {};
  found.facts.governors = {{"powersave", 4}};
  found.facts.turbo = true;
  found.facts.turbo_off = "turn it off";
  found.facts.cores = {{0, 1}, {2, 3}};
  found.facts.huge_pages = "always";
  found.facts.cpu_pressure = 0.5;
  found.facts.perf_event_paranoid = 4;
  found.facts.open_files = 1024;
  found.facts.swap_total_bytes = 1U << 30U;
  found.facts.swap_used_bytes = 1U << 29U;
  found.quiet.busy_cpus = 3;
  found.card->packed_fraction = 0.9;
  found.card->clock_read = 1us;
  found.throttled_meanwhile = throttling{10, 3, 1ms};
  for (const doctor_check& check : judge(found)) {
    EXPECT_NE(check.status, check_status::ok) << check.name;
    EXPECT_NE(check.remedy, "") << check.name;
  }
}

TEST(CheckBuild, ADebugOrSanitizedBuildIsAProblem) {
  auto found = sound();
  found.where.build.optimized = false;
  EXPECT_EQ(check_build(found).status, check_status::problem);
  EXPECT_THAT(check_build(found).seen, HasSubstr("not optimised"));
  found = sound();
  found.where.build.sanitizer = "thread";
  EXPECT_EQ(check_build(found).status, check_status::problem);
  EXPECT_THAT(check_build(found).seen, HasSubstr("thread sanitizer"));
  EXPECT_THAT(check_build(found).remedy, HasSubstr("--preset release"));
}

TEST(CheckLoad, GrowsFromOkToProblemAndNamesTheCulprit) {
  auto found = sound();
  found.quiet.busy_cpus = 0.19;
  EXPECT_EQ(check_load(found).status, check_status::ok);
  found.quiet.busy_cpus = 0.3;
  EXPECT_EQ(check_load(found).status, check_status::advice);
  found.quiet.busy_cpus = 1.1;
  found.quiet.busiest = {{4711, "cc1plus", 0.98}};
  const auto check = check_load(found);
  EXPECT_EQ(check.status, check_status::problem);
  EXPECT_THAT(check.seen, HasSubstr("1.10 of 4 CPUs busy"));
  EXPECT_THAT(check.seen, HasSubstr("cc1plus 0.98"));
  EXPECT_THAT(check.seen, HasSubstr("load average 0.01"));
  EXPECT_THAT(check.remedy, HasSubstr("end cc1plus (pid 4711)"));
}

TEST(CheckSteal, IsJudgedByWhatWasStolenWhileWorkRan) {
  auto found = sound();
  found.where.stolen = 0.3;  // once; now the neighbours are quiet
  EXPECT_EQ(check_steal(found).status, check_status::ok);
  EXPECT_THAT(check_steal(found).seen, HasSubstr("30 % since boot"));
  found.stolen_meanwhile = 0.02;
  EXPECT_EQ(check_steal(found).status, check_status::advice);
  found.stolen_meanwhile = 0.051;
  EXPECT_EQ(check_steal(found).status, check_status::problem);
  found.stolen_meanwhile.reset();  // no work ran: since boot is all there is
  EXPECT_EQ(check_steal(found).status, check_status::problem);
}

TEST(CheckQuota, OnlyThrottlingIsAFault) {
  auto found = sound();
  found.where.cpus.quota_cpus = 1.5;
  found.where.cpus.quota_source = "/sys/fs/cgroup/cpu.max";
  found.where.cpus.usable = 1;
  found.where.throttled = throttling{100, 0, 0ns};
  EXPECT_EQ(check_quota(found).status, check_status::ok);
  EXPECT_THAT(check_quota(found).seen, HasSubstr("1.50 CPUs (/sys/fs/cgroup/cpu.max)"));
  found.where.throttled = throttling{100, 7, 1s};
  EXPECT_EQ(check_quota(found).status, check_status::advice);
  EXPECT_THAT(check_quota(found).seen, HasSubstr("7 of 100 periods so far"));
  found.throttled_meanwhile = throttling{30, 2, 1s};
  EXPECT_EQ(check_quota(found).status, check_status::problem);
  EXPECT_THAT(check_quota(found).seen, HasSubstr("2 of 30 periods while"));
  EXPECT_THAT(check_quota(found).remedy, HasSubstr("--cpus=2"));
}

TEST(CheckPressure, OfMemoryIsWorseThanOfCpus) {
  auto found = sound();
  found.facts.cpu_pressure = 0.5;
  EXPECT_EQ(check_pressure(found).status, check_status::advice);
  found.facts.memory_pressure = 0.02;
  EXPECT_THAT(check_pressure(found).remedy, HasSubstr("free memory"));
  found.facts.memory_pressure = 0.2;
  EXPECT_EQ(check_pressure(found).status, check_status::problem);
  found.facts.io_pressure.reset();
  EXPECT_THAT(check_pressure(found).seen, HasSubstr("I/O unknown"));
}

TEST(CheckSwap, UsedIsAdviceAndMovingIsAProblem) {
  auto found = sound();
  found.facts.swap_total_bytes = std::uint64_t{4} << 30U;
  found.facts.swap_used_bytes = 1U << 20U;
  EXPECT_EQ(check_swap(found).status, check_status::ok);
  found.facts.swap_used_bytes = std::uint64_t{1} << 30U;
  EXPECT_EQ(check_swap(found).status, check_status::advice);
  EXPECT_THAT(check_swap(found).seen, HasSubstr("1.0 GiB of 4.0 GiB used"));
  found.quiet.pages_swapped = 12;
  EXPECT_EQ(check_swap(found).status, check_status::problem);
}

TEST(CheckGovernor, OneCpuThatIsNotSteadyIsEnough) {
  auto found = sound();
  found.facts.governors = {{"performance", 3}, {"powersave", 1}};
  const auto check = check_governor(found);
  EXPECT_EQ(check.status, check_status::advice);
  EXPECT_EQ(check.seen, "performance on 3 of 4 CPUs, powersave on 1 of 4 CPUs");
  EXPECT_THAT(check.remedy, HasSubstr("echo performance | sudo tee"));
  found.facts.governors.clear();
  found.where.virtual_machine = true;
  EXPECT_EQ(check_governor(found).status, check_status::unknown);
  EXPECT_THAT(check_governor(found).seen, HasSubstr("the host decides"));
}

TEST(CheckSiblings, NamesOneCpuOfEachCore) {
  auto found = sound();
  found.facts.cores = {{0, 4}, {1}, {2, 6}};
  const auto check = check_siblings(found);
  EXPECT_EQ(check.status, check_status::advice);
  EXPECT_THAT(check.seen, HasSubstr("5 CPUs are 3 cores"));
  EXPECT_THAT(check.remedy, HasSubstr("taskset -c 0,1,2 "));
  found = sound();
  found.where.virtual_machine = true;
  EXPECT_THAT(check_siblings(found).seen, HasSubstr("as the hypervisor tells it"));
}

TEST(CheckPacking, KnowsPackingFromASecondCpuThatIsNone) {
  auto found = sound();
  found.card->packed_fraction = 0.98;
  found.card->unpinned_gain = 1.0;
  EXPECT_EQ(check_packing(found).status, check_status::advice);
  EXPECT_THAT(check_packing(found).remedy, HasSubstr("pin workers"));
  found.card->pinned_gain = 1.1;
  EXPECT_THAT(check_packing(found).remedy, HasSubstr("adds little"));
  found.card.reset();
  EXPECT_EQ(check_packing(found).status, check_status::unknown);
  found.where.cpus.affinity = {3};
  EXPECT_EQ(check_packing(found).seen, "only one CPU");
}

TEST(CheckClock, ASlowOneCanOftenBeChanged) {
  auto found = sound();
  found.where.clocksource = "hpet";
  found.card->clock_read = 1.2us;
  found.facts.clocksources = "tsc hpet";
  EXPECT_EQ(check_clock(found).status, check_status::advice);
  EXPECT_THAT(check_clock(found).remedy, HasSubstr("echo tsc"));
  found.facts.clocksources = "hpet";
  EXPECT_THAT(check_clock(found).remedy, HasSubstr("items of 1 ms"));
  found = sound();
  found.clock_step = 4ms;
  EXPECT_EQ(check_clock(found).status, check_status::problem);
  found = sound();
  found.where.clocksource = "arch_sys_counter";  // another name is no fault
  EXPECT_EQ(check_clock(found).status, check_status::ok);
}

TEST(CheckLayout, MustBeRandomAndSaysWhy) {
  auto found = sound();
  found.where.address_randomisation = 0;
  EXPECT_EQ(check_layout(found).status, check_status::problem);
  EXPECT_THAT(check_layout(found).remedy, HasSubstr("sudo sysctl kernel.randomize_va_space=2"));
  EXPECT_THAT(check_layout(found).remedy, HasSubstr("luck"));
  found = sound();
  found.facts.fixed_layout = true;
  EXPECT_EQ(check_layout(found).status, check_status::problem);
  EXPECT_THAT(check_layout(found).remedy, HasSubstr("setarch -R"));
}

TEST(CheckProfiling, DoesNotBindRoot) {
  auto found = sound();
  found.facts.perf_event_paranoid = 4;
  EXPECT_EQ(check_profiling(found).status, check_status::advice);
  found.privileged = true;
  EXPECT_EQ(check_profiling(found).status, check_status::ok);
}

}  // namespace
}  // namespace regatta::doctor
