// SPDX-License-Identifier: Apache-2.0
#include "harness/constraint_check.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

cell_result cell(bool isolates, bool takes_blocking_code, std::optional<std::uint64_t> pss) {
  cell_result made;
  made.info.isolates = isolates;
  made.info.takes_blocking_code = takes_blocking_code;
  if (pss) {
    made.memory.emplace();
    made.memory->peak_pss = pss;
  }
  return made;
}

TEST(BrokenConstraint, NothingIsAskedNothingIsBroken) {
  EXPECT_EQ(broken_constraint(cell(false, false, {}), {}, 1e9), std::nullopt);
}

TEST(BrokenConstraint, WhatTheApproachIsMayRuleItOut) {
  EXPECT_EQ(broken_constraint(cell(false, true, {}), {.isolate = true}, 0), constraint::isolate);
  EXPECT_EQ(broken_constraint(cell(true, true, {}), {.isolate = true}, 0), std::nullopt);
  EXPECT_EQ(broken_constraint(cell(true, false, {}), {.sync_libraries = true}, 0),
            constraint::sync_libraries);
  EXPECT_EQ(broken_constraint(cell(true, true, {}), {.sync_libraries = true}, 0), std::nullopt);
}

TEST(BrokenConstraint, MemoryThatIsNotKnownIsNotShownToBeLittleEnough) {
  const constraints required{.max_memory = 1000};
  EXPECT_EQ(broken_constraint(cell(true, true, 1000), required, 0), std::nullopt);
  EXPECT_EQ(broken_constraint(cell(true, true, 1001), required, 0), constraint::max_memory);
  EXPECT_EQ(broken_constraint(cell(true, true, {}), required, 0), constraint::max_memory);
}

TEST(BrokenConstraint, TheP99IsTheOneTheCallerHolds) {
  auto one = cell(true, true, {});
  one.latency.p99 = 5;  // the caller may know better
  EXPECT_EQ(broken_constraint(one, {.slo_p99 = 0.05}, 0.05), std::nullopt);
  EXPECT_EQ(broken_constraint(one, {.slo_p99 = 0.05}, 0.051), constraint::slo_p99);
}

}  // namespace
}  // namespace regatta::test
