// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/probe_stages.hpp"

#include <gtest/gtest.h>

namespace regatta::profiling {
namespace {

using namespace std::chrono_literals;
using namespace kernel_side;

class probe_stages_test : public testing::Test {
 protected:
  watch_stage at(std::chrono::nanoseconds since, const probe_needs& needs = {}) {
    return stages.next(1000s + since, needs);
  }
  probe_stages stages{1000s};
};

TEST_F(probe_stages_test, look_for_loops_that_never_sleep_at_first) {
  EXPECT_EQ(at(0s), stage_waits);
  EXPECT_EQ(at(99ms), stage_waits);
  EXPECT_EQ(at(100ms), stage_switches);
}

TEST_F(probe_stages_test, watch_the_waits_of_a_loop_that_does_not_sleep_and_a_while_longer) {
  EXPECT_EQ(at(10s, {.restless = true}), stage_waits);
  EXPECT_EQ(at(10900ms), stage_waits);
  EXPECT_EQ(at(11s), stage_switches);
}

TEST_F(probe_stages_test, watch_all_calls_while_a_callback_is_long) {
  EXPECT_EQ(at(10s, {.restless = true, .long_slices = true}), stage_calls);
  EXPECT_EQ(at(10299ms), stage_calls);
  EXPECT_EQ(at(10300ms), stage_waits);
  EXPECT_EQ(at(11s), stage_switches);
}

TEST_F(probe_stages_test, watch_the_waits_of_a_program_that_has_just_begun) {
  EXPECT_EQ(at(10s, {.newcomers = true}), stage_waits);
  EXPECT_EQ(at(10999ms), stage_waits);
  EXPECT_EQ(at(11s), stage_switches);
}

TEST_F(probe_stages_test, look_at_threads_that_only_compute_for_a_tenth_of_the_time) {
  int watched = 0;
  for (int i = 0; i < 1000; ++i) {
    if (at(20s + i * 10ms, {.strangers = true}) == stage_waits) ++watched;
  }
  EXPECT_EQ(watched, 100);
}

TEST_F(probe_stages_test, sum_up_how_long_each_of_them_was_in_force) {
  stages.entered(stage_waits, 1001s);
  stages.entered(stage_calls, 1003s);
  stages.entered(stage_waits, 1006s);
  stages.entered(stage_waits, 1010s);
  EXPECT_EQ(stages.lasted(stage_switches), 1s);
  EXPECT_EQ(stages.lasted(stage_waits), 6s);
  EXPECT_EQ(stages.lasted(stage_calls), 3s);
}

}  // namespace
}  // namespace regatta::profiling
