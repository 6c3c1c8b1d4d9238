// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/quantile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace regatta {
namespace {

using values = std::vector<double>;

/// 1, 2, …, n: the value is the rank.
values ranks(std::size_t n) {
  values sorted(n);
  std::iota(sorted.begin(), sorted.end(), 1);
  return sorted;
}

// R 4.2: quantile(1:10, c(.1, .25, .5, .75, .9), type = 1)
TEST(Quantile, AgreesWithTypeOneOfR) {
  const auto sorted = ranks(10);
  EXPECT_EQ(quantile(sorted, 0.1), 1);
  EXPECT_EQ(quantile(sorted, 0.25), 3);
  EXPECT_EQ(quantile(sorted, 0.5), 5);
  EXPECT_EQ(quantile(sorted, 0.75), 8);
  EXPECT_EQ(quantile(sorted, 0.9), 9);
}

TEST(Quantile, IsAlwaysOneOfTheSamples) {
  EXPECT_EQ(quantile(values{1, 100}, 0.5), 1);
  EXPECT_EQ(quantile(ranks(1000), 0.999), 999);
  EXPECT_EQ(quantile(ranks(1000), 0.99), 990);
}

TEST(Quantile, SaysNothingThatTheSampleCannotShow) {
  EXPECT_EQ(quantile(ranks(50), 0.999), std::nullopt);
  EXPECT_EQ(quantile(ranks(999), 0.999), std::nullopt);
  EXPECT_EQ(quantile(ranks(99), 0.99), std::nullopt);
  EXPECT_EQ(quantile(ranks(100), 0.99), 99);
  EXPECT_EQ(quantile(ranks(9), 0.1), std::nullopt);
  EXPECT_EQ(quantile({}, 0.5), std::nullopt);
}

TEST(Quantile, RefusesWhatIsNoProbability) {
  const auto sorted = ranks(100);
  for (const double p : {0.0, 1.0, -0.1, 1.1, std::nan("")}) {
    EXPECT_EQ(quantile(sorted, p), std::nullopt) << p;
  }
}

// Ranks computed with exact rational arithmetic (Python fractions) from the binomial law; those of
// the median also stand in the usual tables of the sign test.
TEST(QuantileInterval, HasTheExactRanks) {
  EXPECT_EQ(quantile_interval(ranks(6), 0.5, 0.95), (interval{1, 6}));
  EXPECT_EQ(quantile_interval(ranks(10), 0.5, 0.95), (interval{2, 9}));
  EXPECT_EQ(quantile_interval(ranks(20), 0.5, 0.95), (interval{6, 15}));
  EXPECT_EQ(quantile_interval(ranks(25), 0.5, 0.95), (interval{8, 18}));
  EXPECT_EQ(quantile_interval(ranks(100), 0.5, 0.95), (interval{40, 61}));
  EXPECT_EQ(quantile_interval(ranks(1000), 0.5, 0.99), (interval{459, 542}));
  EXPECT_EQ(quantile_interval(ranks(100), 0.9, 0.95), (interval{84, 96}));
  EXPECT_EQ(quantile_interval(ranks(368), 0.99, 0.95), (interval{360, 368}));
  EXPECT_EQ(quantile_interval(ranks(1000), 0.99, 0.95), (interval{983, 997}));
  EXPECT_EQ(quantile_interval(ranks(50), 0.1, 0.9), (interval{2, 10}));
}

TEST(QuantileInterval, IsUnknownForTooFewSamples) {
  EXPECT_EQ(quantile_interval(ranks(5), 0.5, 0.95), std::nullopt);
  EXPECT_EQ(quantile_interval(ranks(367), 0.99, 0.95), std::nullopt);
  EXPECT_EQ(quantile_interval({}, 0.5, 0.95), std::nullopt);
}

TEST(QuantileInterval, RefusesWhatIsNoProbability) {
  for (const double p : {0.0, 1.0, -1.0, std::nan("")}) {
    EXPECT_EQ(quantile_interval(ranks(100), p, 0.95), std::nullopt);
    EXPECT_EQ(quantile_interval(ranks(100), 0.5, p), std::nullopt);
  }
}

TEST(QuantileInterval, CoversTheTrueP90OfAHeavyTail) {
  // Pareto with shape 1 has no mean; its p90 is 10.
  std::mt19937_64 random(20240611);
  std::uniform_real_distribution<double> uniform(0, 1);
  int covered = 0;
  constexpr int trials = 4000;
  for (int trial = 0; trial < trials; ++trial) {
    values sample(120);
    for (double& value : sample) value = 1 / (1 - uniform(random));
    std::sort(sample.begin(), sample.end());
    const auto found = quantile_interval(sample, 0.9, 0.95);
    ASSERT_TRUE(found);
    covered += found->lower <= 10 && 10 <= found->upper ? 1 : 0;
  }
  // The exact coverage is at least 95 %; three standard errors of 4,000 trials are 1.0 %.
  EXPECT_GE(covered, trials * 0.94);
}

TEST(Median, OfOddEvenAndUnsortedValues) {
  EXPECT_EQ(median(values{3}), 3);
  EXPECT_EQ(median(values{9, 1, 5}), 5);
  EXPECT_EQ(median(values{9, 1, 5, 6}), 5.5);
  EXPECT_EQ(median({}), std::nullopt);
}

}  // namespace
}  // namespace regatta
