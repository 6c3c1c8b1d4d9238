// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/loop_timeline.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace regatta::profiling {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr loop_identity loop{.kind = 3, .key = 5};

TEST(LoopTimeline, HasWhatTheCountersGained) {
  loop_timelines timelines(1s, 25ms);
  EXPECT_FALSE(timelines.due(1s + 24ms));
  ASSERT_TRUE(timelines.due(1s + 30ms));
  timelines.note(1s + 30ms, {{loop, {.iterations = 4, .waiting = 20ms, .working = 10ms}}});
  timelines.note(1s + 60ms, {{loop, {.iterations = 9, .waiting = 21ms, .working = 39ms}}});
  const auto intervals = timelines.of(loop);
  ASSERT_EQ(intervals.size(), 2U);
  EXPECT_EQ(intervals[0], (loop_interval{0ms, 30ms, 4, 20ms, 10ms}));
  EXPECT_EQ(intervals[1], (loop_interval{30ms, 30ms, 5, 1ms, 29ms}));
  EXPECT_TRUE(timelines.of({.kind = 1, .key = 1}).empty());
}

TEST(LoopTimeline, ALoopThatComesLaterBeginsThere) {
  loop_timelines timelines(0s);
  timelines.note(30ms, {});
  timelines.note(60ms, {{loop, {.iterations = {}, .waiting = 10ms, .working = 5ms}}});
  ASSERT_EQ(timelines.of(loop).size(), 1U);
  EXPECT_EQ(timelines.of(loop)[0], (loop_interval{30ms, 30ms, std::nullopt, 10ms, 5ms}));
}

TEST(LoopTimeline, ACounterThatWasReadTooLowDoesNotGoBack) {
  loop_timelines timelines(0s);
  timelines.note(30ms, {{loop, {.iterations = 1, .waiting = 0ms, .working = 30ms}}});
  timelines.note(60ms, {{loop, {.iterations = 1, .waiting = 0ms, .working = 10ms}}});
  timelines.note(90ms, {{loop, {.iterations = 1, .waiting = 0ms, .working = 90ms}}});
  const auto intervals = timelines.of(loop);
  EXPECT_EQ(intervals[1].working, 0ms);
  EXPECT_EQ(intervals[2].working, 60ms);
}

TEST(LoopTimeline, TenMinutesTakeNoMoreRoomThanTenSeconds) {
  loop_timelines timelines(0s, 25ms, 100);
  std::uint64_t iterations = 0;
  nanoseconds working{};
  for (nanoseconds now = 0s; now <= 600s; now += 5ms) {
    if (!timelines.due(now)) continue;
    working = now / 4;
    timelines.note(
        now, {{loop, {.iterations = ++iterations, .waiting = now - working, .working = working}}});
  }
  const auto intervals = timelines.of(loop);
  EXPECT_LE(intervals.size(), 101U);
  EXPECT_GE(intervals.size(), 40U);
  nanoseconds end{};
  std::uint64_t counted = 0;
  for (const loop_interval& each : intervals) {
    EXPECT_EQ(each.begin, end);
    end += each.length;
    counted += *each.iterations;
  }
  EXPECT_GE(end, 590s);
  EXPECT_EQ(counted, iterations);
}

}  // namespace
}  // namespace regatta::profiling
