// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/duration_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "harness/statistics/quantile.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(DurationBuckets, FollowEachOtherWithoutGaps) {
  std::size_t last = 0;
  for (std::int64_t ns = 1; ns < std::int64_t{1} << 44; ns += 1 + ns / 1000) {
    const std::size_t bucket = duration_buckets::of(nanoseconds(ns));
    ASSERT_GE(bucket, last);
    ASSERT_LE(bucket, last + 1) << ns;
    last = bucket;
  }
  EXPECT_EQ(last, duration_buckets::count - 1);
}

TEST(DurationBuckets, TheirMiddleIsWithinOnePercent) {
  for (std::int64_t ns = 1; ns < std::int64_t{1} << 44; ns += 1 + ns / 777) {
    const double middle = duration_buckets::middle(duration_buckets::of(nanoseconds(ns)));
    ASSERT_NEAR(middle, 1e-9 * static_cast<double>(ns), 0.008e-9 * static_cast<double>(ns)) << ns;
  }
}

TEST(DurationBuckets, ShortTimesAreExactAndLongOnesShareTheLast) {
  for (std::int64_t ns = 0; ns < 128; ++ns) {
    EXPECT_DOUBLE_EQ(duration_buckets::middle(duration_buckets::of(nanoseconds(ns))),
                     1e-9 * static_cast<double>(ns));
  }
  EXPECT_EQ(duration_buckets::of(-5ns), 0U);
  EXPECT_EQ(duration_buckets::of(5h), duration_buckets::count - 1);
  EXPECT_EQ(duration_buckets::of(nanoseconds::max()), duration_buckets::count - 1);
}

TEST(DurationHistogram, QuantilesAreThoseOfTheSampleWithinOnePercent) {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> milliseconds(2, 1.5);
  duration_histogram histogram;
  std::vector<double> sample;
  for (int i = 0; i < 5000; ++i) {
    const nanoseconds each(static_cast<std::int64_t>(1e6 * milliseconds(random)));
    histogram.add(each);
    sample.push_back(std::chrono::duration<double>(each).count());
  }
  std::sort(sample.begin(), sample.end());
  for (const double p : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999}) {
    EXPECT_NEAR(*histogram.quantile(p) / *quantile(sample, p), 1, 0.01) << p;
  }
  EXPECT_DOUBLE_EQ(histogram.max(), sample.back());
  EXPECT_EQ(histogram.count(), 5000U);
}

TEST(DurationHistogram, WhatTheSampleCannotShowIsUnknown) {
  duration_histogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), std::nullopt);
  histogram.add(1ms);
  EXPECT_EQ(histogram.quantile(0.5), std::nullopt);
  for (int i = 0; i < 98; ++i) histogram.add(1ms);
  EXPECT_TRUE(histogram.quantile(0.9).has_value());
  EXPECT_EQ(histogram.quantile(0.99), std::nullopt) << "99 are too few";
  histogram.add(1ms);
  EXPECT_TRUE(histogram.quantile(0.99).has_value());
  EXPECT_EQ(histogram.quantile(1), std::nullopt);
}

TEST(DurationHistogram, NoQuantileIsLongerThanTheLongest) {
  duration_histogram histogram;
  for (int i = 0; i < 10; ++i) histogram.add(nanoseconds((1 << 20) + i));
  EXPECT_LE(*histogram.quantile(0.9), histogram.max());
}

TEST(DurationHistogram, PartsAddUpToTheWhole) {
  duration_histogram whole, left, right;
  for (int i = 1; i <= 1000; ++i) {
    const nanoseconds each(i * i * 977LL);
    whole.add(each);
    (i % 3 == 0 ? left : right).add(each);
  }
  left.merge(right);
  EXPECT_EQ(left.count(), whole.count());
  EXPECT_DOUBLE_EQ(left.sum(), whole.sum());
  EXPECT_DOUBLE_EQ(left.max(), whole.max());
  for (const double p : {0.1, 0.5, 0.9}) EXPECT_EQ(left.quantile(p), whole.quantile(p));
}

}  // namespace
}  // namespace regatta::test
