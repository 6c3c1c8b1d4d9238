// SPDX-License-Identifier: Apache-2.0
#include "workloads/io/token_bucket.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using time_point = token_bucket::time_point;

const time_point start = time_point(1000s);

TEST(TokenBucket, GivesABurstAtOnceAndThenOneAnInterval) {
  token_bucket bucket(100, 3);
  EXPECT_EQ(bucket.take(start), 0ns);
  EXPECT_EQ(bucket.take(start), 0ns);
  EXPECT_EQ(bucket.take(start), 0ns);
  EXPECT_EQ(bucket.take(start), 10ms);
  EXPECT_EQ(bucket.take(start), 20ms);
  EXPECT_EQ(bucket.take(start + 5ms), 25ms) << "the wait counts from when it was asked";
}

TEST(TokenBucket, ABurstOfOneIsARateWithoutBursts) {
  token_bucket bucket(1000, 1);
  EXPECT_EQ(bucket.take(start), 0ns);
  EXPECT_EQ(bucket.take(start), 1ms);
  EXPECT_EQ(bucket.take(start + 2ms), 0ns);
  EXPECT_EQ(bucket.take(start + 2ms), 1ms);
}

TEST(TokenBucket, FillsWhileNobodyTakesButNeverOverItsBurst) {
  token_bucket bucket(100, 2);
  bucket.take(start);
  bucket.take(start);
  EXPECT_EQ(bucket.take(start + 10ms), 0ns) << "one token is back";
  EXPECT_EQ(bucket.take(start + 10ms), 10ms);
  EXPECT_EQ(bucket.take(start + 1h), 0ns);
  EXPECT_EQ(bucket.take(start + 1h), 0ns);
  EXPECT_EQ(bucket.take(start + 1h), 10ms) << "an hour saved up more than the burst";
}

TEST(TokenBucket, KeepsItsRateHoweverOftenItIsAsked) {
  token_bucket bucket(250, 5);
  time_point now = start;
  time_point last = start;
  for (int i = 0; i < 1005; ++i) {
    last = now + bucket.take(now);
    now += 1ms;  // four times as often as allowed
  }
  EXPECT_EQ(last - start, 4s);
}

TEST(TokenBucket, AClockThatGoesBackGivesNothingForFree) {
  token_bucket bucket(100, 1);
  EXPECT_EQ(bucket.take(start), 0ns);
  EXPECT_EQ(bucket.take(start - 1s), 1s + 10ms);
}

}  // namespace
}  // namespace regatta::test
