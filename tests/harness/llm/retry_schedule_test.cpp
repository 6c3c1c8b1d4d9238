// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/retry_schedule.hpp"

#include <gtest/gtest.h>

namespace regatta {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t largest = ~std::uint64_t{0};
const retry_policy policy{.attempts = 5, .first_delay = 100ms, .longest_delay = 300ms};

TEST(RetrySchedule, TheJitterIsFullAndItsLimitDoublesUpToTheLongest) {
  const auto delay = [](unsigned attempt, std::uint64_t word) {
    return next_delay(policy, {attempt, true}, 1h, word).value();
  };
  EXPECT_EQ(delay(1, 0), 0ns);
  EXPECT_EQ(delay(1, std::uint64_t{1} << 63U), 50ms);
  EXPECT_NEAR(static_cast<double>(delay(1, largest).count()), 100e6, 2);
  EXPECT_NEAR(static_cast<double>(delay(2, largest).count()), 200e6, 2);
  EXPECT_NEAR(static_cast<double>(delay(3, largest).count()), 300e6, 2);
  EXPECT_NEAR(static_cast<double>(delay(4, largest).count()), 300e6, 2);
}

TEST(RetrySchedule, ManyAttemptsDoNotOverflow) {
  const retry_policy endless{.attempts = 1000, .first_delay = 1s, .longest_delay = 24h};
  EXPECT_LE(next_delay(endless, {999, true}, 48h, largest).value(), 24h);
}

TEST(RetrySchedule, EndsWithTheLastAttempt) {
  EXPECT_TRUE(next_delay(policy, {4, true}, 1h, 0));
  EXPECT_FALSE(next_delay(policy, {5, true}, 1h, 0));
  EXPECT_FALSE(next_delay({.attempts = 1}, {1, true}, 1h, 0));
}

TEST(RetrySchedule, WhatWillNotPassIsNotRepeated) {
  EXPECT_FALSE(next_delay(policy, {1, false}, 1h, 0));
}

TEST(RetrySchedule, NeverEarlierThanTheServerAsked) {
  EXPECT_EQ(next_delay(policy, {1, true, 7s}, 1h, 0), 7s);
  EXPECT_EQ(next_delay(policy, {1, true, 7s}, 1h, std::uint64_t{1} << 63U), 7s + 50ms);
}

TEST(RetrySchedule, AWaitThatTheTimeLeftDoesNotCoverIsNotBegun) {
  EXPECT_FALSE(next_delay(policy, {1, true, 7s}, 7s, 0));
  EXPECT_TRUE(next_delay(policy, {1, true, 7s}, 7001ms, 0));
  EXPECT_FALSE(next_delay(policy, {1, true}, 0s, 0));
  EXPECT_FALSE(next_delay(policy, {1, true}, -1s, 0));
}

TEST(RetrySchedule, OfStatuses429AndTheServersFaultsMayPass) {
  for (const unsigned status : {429U, 500U, 502U, 503U, 504U, 529U}) {
    EXPECT_TRUE(status_may_pass(status)) << status;
  }
  for (const unsigned status : {200U, 301U, 400U, 401U, 403U, 404U, 422U, 600U}) {
    EXPECT_FALSE(status_may_pass(status)) << status;
  }
}

TEST(RetryAfter, ReadsSeconds) {
  EXPECT_EQ(parse_retry_after("0", 0), 0s);
  EXPECT_EQ(parse_retry_after("120", 0), 120s);
  EXPECT_EQ(parse_retry_after(" 7\t", 0), 7s);
}

TEST(RetryAfter, MoreDigitsThanANumberHasMeansLong) {
  EXPECT_GE(parse_retry_after("99999999999999999999999", 0).value(), 24h);
}

TEST(RetryAfter, ReadsTheThreeFormsOfADate) {
  // The example of RFC 9110: 1994-11-06 08:49:37 UTC.
  constexpr std::int64_t then = 784111777;
  for (const char* const date : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                 "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(parse_retry_after(date, then - 90), 90s) << date;
    EXPECT_EQ(parse_retry_after(date, then + 90), 0s) << date;
  }
}

TEST(RetryAfter, WhatIsNeitherIsNothing) {
  for (const char* const text : {"", " ", "soon", "-1", "1.5", "1 s", "Sun, 06 Nov 1994",
                                 "Sun, 06 Nov 1994 08:49:37 GMT+1", "0x10"}) {
    EXPECT_FALSE(parse_retry_after(text, 0)) << text;
  }
}

}  // namespace
}  // namespace regatta
