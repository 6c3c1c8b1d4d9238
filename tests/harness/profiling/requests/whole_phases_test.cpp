// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/requests/whole_phases.hpp"

#include <gtest/gtest.h>

#include "harness/profiling/bpf/request_account.h"

namespace regatta::profiling::kernel_side {
namespace {

constexpr std::uint64_t us = 1'000;

// Read in `pieces` between others, it computes, waits for number 3 for 60 ms, and computes.
request_slot request_of(int pieces) {
  request_slot request{};
  for (int at = 0; at < pieces; ++at) {
    add_phase(&request, time_cpu, 10 * us, 10 * us, 0);
    add_phase(&request, time_other, 2 * us, 0, 0);
  }
  add_phase(&request, time_cpu, 2'000 * us, 1'900 * us, 0);
  add_phase(&request, time_upstream, 60'000 * us, 0, 3);
  add_phase(&request, time_cpu, 100 * us, 100 * us, 0);
  return request;
}

std::uint64_t wall_of(const std::vector<request_phase>& phases, std::uint32_t kind) {
  std::uint64_t sum = 0;
  for (const request_phase& phase : phases) sum += phase.kind == kind ? phase.wall : 0;
  return sum;
}

std::uint64_t cpu_of(const std::vector<request_phase>& phases) {
  std::uint64_t sum = 0;
  for (const request_phase& phase : phases) sum += phase.cpu;
  return sum;
}

TEST(WholePhases, are_as_they_were_told_where_there_was_room) {
  const request_slot request = request_of(2);
  const auto phases = whole_phases(request.told);
  ASSERT_EQ(phases.size(), 7U);
  EXPECT_EQ(phases[5].kind, static_cast<__u32>(time_upstream));
  EXPECT_EQ(phases[5].peer, 3U);
  EXPECT_EQ(phases[6].kind, static_cast<__u32>(time_cpu));
}

TEST(WholePhases, do_not_hide_a_wait_in_what_was_computed) {
  for (const int pieces : {3, 4, 5, 9}) {
    const request_slot request = request_of(pieces);
    ASSERT_EQ(request.told.used, static_cast<__u16>(phase_room));
    const auto phases = whole_phases(request.told);
    EXPECT_EQ(wall_of(phases, time_upstream), 60'000 * us) << pieces;
    EXPECT_EQ(wall_of(phases, time_other), static_cast<std::uint64_t>(pieces) * 2 * us) << pieces;
    EXPECT_EQ(cpu_of(phases), (2'000 + 10 * static_cast<std::uint64_t>(pieces)) * us) << pieces;
    EXPECT_LT(wall_of(phases, time_cpu), 3'000 * us) << pieces;
    EXPECT_EQ(phases.front().kind, static_cast<__u32>(time_cpu));
  }
}

}  // namespace
}  // namespace regatta::profiling::kernel_side
