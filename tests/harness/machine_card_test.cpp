// SPDX-License-Identifier: Apache-2.0
#include "harness/machine_card.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "harness/platform/affinity.hpp"
#include "tests/support/children.hpp"
#include "tests/support/sanitizers.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

std::ptrdiff_t threads_of_this_process() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator());
}

/// Terminal columns: UTF-8 continuation bytes take none.
std::ptrdiff_t columns(const std::string& line) {
  return std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

machine_card full_card() {
  machine_card card;
  card.clock_read = 21.8ns;
  card.system_call = 85ns;
  card.line_round_trip = 271ns;
  card.wake_same_cpu = {630ns, 1260ns};
  card.wake_other_cpu = {13.2us, 38us};
  card.fork_and_wait = 146us;
  card.page_fault = 1.24us;
  card.copy_64_kib_gb_s = 48;
  card.copy_64_mib_gb_s = 9.6;
  card.packed_fraction = 0.93;
  card.unpinned_gain = 1.02;
  card.pinned_gain = 1.6;
  card.cpus = {0, 1};
  return card;
}

TEST(MachineCard, IsDescribedInShortLines) {
  const std::vector<std::string> expected{
      "clock, system call     22 ns    85 ns",
      "cache line round trip  271 ns",
      "wake on the same CPU   1.3 µs   (sender pays 630 ns)",
      "wake on another CPU    38 µs    (sender pays 13 µs)",
      "fork and wait          146 µs",
      "new page, first touch  1.2 µs",
      "memcpy, 64 KiB, 64 MiB 48 GB/s  9.6 GB/s",
      "2 x 300 µs, pinned     1.6 x",
      "2 x 300 µs, unpinned   1.0 x    (93 % on the waker's)",
  };
  EXPECT_EQ(describe(full_card()), expected);
}

TEST(MachineCard, NoLineIsWiderThan58ColumnsEvenWithTheLongestNumbers) {
  auto card = full_card();
  card.packed_fraction = 1;
  card.wake_other_cpu = {999ms, 999ms};
  card.clock_read = 999us;
  for (const auto& line : describe(card)) EXPECT_LE(columns(line), 58) << line;
}

TEST(MachineCard, WhatIsUnknownIsCalledSo) {
  const auto lines = describe(machine_card{});
  EXPECT_EQ(lines.front(), "clock, system call     unknown  unknown");
  EXPECT_EQ(lines[1], "cache line round trip  unknown  (only one CPU)");
  EXPECT_EQ(lines[3], "wake on another CPU    unknown");
}

TEST(MachineCard, MeasuresAndLeavesNothingBehind) {
  const auto affinity = current_affinity();
  const auto threads = threads_of_this_process();
  const auto limits = read_cpu_limits();
  const auto children = test::all_children();
  const auto card = measure_machine_card(limits, 80ms);
  EXPECT_EQ(current_affinity(), affinity);
  // ThreadSanitizer starts a thread of its own.
  if (!test::sanitized) {
    EXPECT_EQ(threads_of_this_process(), threads);
  }
  EXPECT_EQ(test::child_since(children), 0);

  ASSERT_TRUE(card.clock_read && card.system_call && card.fork_and_wait);
  EXPECT_GT(card.clock_read->count(), 0);
  EXPECT_GT(card.system_call->count(), 0);
  EXPECT_GT(card.fork_and_wait->count(), 0);
  EXPECT_EQ(card.line_round_trip.has_value(), limits.affinity.size() > 1);
  if (card.wake_other_cpu) {
    EXPECT_GE(card.wake_other_cpu->latency.count(), 0);
  }
  if (card.packed_fraction) {
    EXPECT_GE(*card.packed_fraction, 0);
    EXPECT_LE(*card.packed_fraction, 1);
  }
}

TEST(MachineCard, OnOneCpuWhatNeedsTwoIsUnknown) {
  auto limits = read_cpu_limits();
  limits.affinity.resize(1);
  const auto card = measure_machine_card(limits, 40ms);
  EXPECT_EQ(card.cpus, limits.affinity);
  EXPECT_EQ(card.line_round_trip, std::nullopt);
  EXPECT_EQ(card.wake_other_cpu, std::nullopt);
  EXPECT_EQ(card.packed_fraction, std::nullopt);
  EXPECT_EQ(card.pinned_gain, std::nullopt);
  EXPECT_TRUE(card.clock_read);
}

TEST(MachineCard, OnACpuThatWeMayNotUseNothingIsClaimed) {
  cpu_limits nowhere;
  nowhere.affinity = {1 << 20};
  const auto card = measure_machine_card(nowhere, 20ms);
  EXPECT_EQ(card.clock_read, std::nullopt);
  EXPECT_EQ(card.wake_same_cpu, std::nullopt);
  EXPECT_EQ(measure_machine_card(cpu_limits{}, 20ms), machine_card{});
}

}  // namespace
}  // namespace regatta
