// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/request_delays.hpp"

#include <gtest/gtest.h>

namespace regatta::profiling {
namespace {

using namespace std::chrono_literals;

profile_result blocked_from_one_to_two_seconds() {
  profile_result profile;
  profile.duration = 10s;
  blocked_stretch stretch;
  stretch.begin = 1s;
  stretch.duration = 1s;
  profile.loops.emplace_back().stretches = {stretch};
  return profile;
}

// The load begins half a second after the profile.
http_load::load_result load_of(std::vector<http_load::timed_request> requests) {
  http_load::load_result load;
  load.began = 100s + 500ms;
  load.requests = std::move(requests);
  return load;
}

TEST(RequestDelays, CountWhatWasDueWhileItLastedAndWhatItHeld) {
  profile_result profile = blocked_from_one_to_two_seconds();
  put_beside(
      profile,
      load_of(
          {{.due = 1400ms, .latency = 200ms, .answered = true},  // due at 1.9 s, held until 2.0 s
           {.due = 100ms, .latency = 1ms, .answered = true},     // before it
           {.due = 500ms, .latency = 1010ms, .answered = true},  // due as it begins
           {.due = 700ms, .latency = 3ms, .answered = true},     // another thread answered it
           {.due = 1500ms, .latency = 2ms, .answered = true}}),  // due as it ends
      100s);
  const auto& cost = profile.loops[0].stretches[0].cost;
  ASSERT_TRUE(cost);
  EXPECT_EQ(*cost, (stretch_cost{.due = 3, .held = 2, .delay = 1100ms}));
  ASSERT_TRUE(profile.driven);
  EXPECT_EQ(profile.driven->begin, 500ms);
  EXPECT_EQ(profile.driven->in_stretches.count(), 3U);
  EXPECT_EQ(profile.driven->elsewhere.count(), 2U);
  EXPECT_TRUE(profile.driven->load.requests.empty());
}

TEST(RequestDelays, WhatWasGivenUpWasNotAnsweredBeforeItWasOver) {
  profile_result profile = blocked_from_one_to_two_seconds();
  put_beside(profile, load_of({{.due = 600ms, .latency = 10ms, .answered = false}}), 100s);
  EXPECT_EQ(profile.loops[0].stretches[0].cost,
            (stretch_cost{.due = 1, .held = 1, .delay = 900ms}));
}

TEST(RequestDelays, AStretchOutsideOfTheLoadHasNoCost) {
  profile_result profile = blocked_from_one_to_two_seconds();
  put_beside(profile,
             load_of({{.due = 2s, .latency = 1ms, .answered = true},
                      {.due = 3s, .latency = 1ms, .answered = true}}),
             100s);
  EXPECT_FALSE(profile.loops[0].stretches[0].cost);
}

TEST(RequestDelays, ALoadWithoutRequestsIsThereAllTheSame) {
  profile_result profile = blocked_from_one_to_two_seconds();
  put_beside(profile, load_of({}), 100s);
  ASSERT_TRUE(profile.driven);
  EXPECT_TRUE(profile.driven->timeline.empty());
  EXPECT_FALSE(profile.loops[0].stretches[0].cost);
}

TEST(RequestDelays, TheTimelineHasEachRequestOnce) {
  profile_result profile = blocked_from_one_to_two_seconds();
  std::vector<http_load::timed_request> requests;
  for (int i = 0; i < 5000; ++i) {
    requests.push_back({.due = i * 20ms, .latency = i == 77 ? 900ms : 1ms, .answered = true});
  }
  put_beside(profile, load_of(requests), 100s);
  const auto& timeline = profile.driven->timeline;
  EXPECT_LE(timeline.size(), 400U);
  std::uint64_t counted = 0;
  std::chrono::nanoseconds longest{}, end = timeline.front().begin;
  for (const load_interval& each : timeline) {
    EXPECT_EQ(each.begin, end);
    end += each.length;
    counted += each.requests;
    longest = std::max(longest, each.longest);
  }
  EXPECT_EQ(counted, 5000U);
  EXPECT_EQ(longest, 900ms);
  EXPECT_GT(end, 500ms + 4999 * 20ms);
}

}  // namespace
}  // namespace regatta::profiling
