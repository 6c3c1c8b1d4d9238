// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/sign_interval.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace regatta {
namespace {

using values = std::vector<double>;

std::optional<ratio_estimate> against_one(const values& numerators, double confidence) {
  return ratio_interval(numerators, values(numerators.size(), 1.0), confidence);
}

TEST(SignInterval, HasTheRanksAndConfidencesOfTheTables) {
  // Ranks and attained confidences from exact binomial sums; n, rank, confidence.
  struct row {
    std::size_t n;
    double rank, confidence, asked;
  };
  for (const row& r :
       {row{6, 1, 0.96875, 0.95}, row{8, 1, 0.9921875, 0.99}, row{10, 2, 0.978515625, 0.95},
        row{12, 3, 0.96142578125, 0.95}, row{20, 6, 0.9586105346679688, 0.95},
        row{25, 8, 0.9567147493362427, 0.95}, row{100, 40, 0.9647997997822951, 0.95}}) {
    values numerators;
    for (std::size_t i = r.n; i > 0; --i) numerators.push_back(static_cast<double>(i));
    const auto found = against_one(numerators, r.asked);
    ASSERT_TRUE(found) << r.n;
    EXPECT_EQ(found->lower, r.rank);
    EXPECT_EQ(found->upper, static_cast<double>(r.n) + 1 - r.rank);
    EXPECT_NEAR(found->confidence, r.confidence, 1e-12);
    EXPECT_EQ(found->pairs, r.n);
  }
}

TEST(SignInterval, TooFewPairsForTheConfidenceAreUnknown) {
  EXPECT_FALSE(against_one(values(5, 2.0), 0.95));
  EXPECT_TRUE(against_one(values(6, 2.0), 0.95));
  EXPECT_FALSE(against_one(values(7, 2.0), 0.99));
  EXPECT_TRUE(against_one(values(8, 2.0), 0.99));
  EXPECT_FALSE(against_one({}, 0.95));
}

TEST(SignInterval, TheMedianOfAnEvenNumberIsTheMiddleOfTheLogs) {
  const auto found = against_one({1, 1, 2, 8, 9, 9}, 0.95);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->ratio, 4, 1e-12);
  EXPECT_EQ(found->ties, 2U);
}

TEST(SignInterval, SwappingTheSidesInvertsIt) {
  const values a{1.2, 1.5, 0.9, 1.1, 2.5, 1.3, 1.7};
  const values b{1.0, 1.1, 1.0, 0.8, 1.9, 1.4, 1.2};
  const auto forth = ratio_interval(a, b, 0.95);
  const auto back = ratio_interval(b, a, 0.95);
  ASSERT_TRUE(forth && back);
  EXPECT_NEAR(forth->ratio * back->ratio, 1, 1e-12);
  EXPECT_NEAR(forth->lower * back->upper, 1, 1e-12);
  EXPECT_NEAR(forth->upper * back->lower, 1, 1e-12);
}

TEST(SignInterval, PairsThatAreAllEqualAreAPoint) {
  const auto found = against_one(values(9, 1.0), 0.95);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->lower, 1);
  EXPECT_EQ(found->ratio, 1);
  EXPECT_EQ(found->upper, 1);
  EXPECT_EQ(found->ties, 9U);
}

TEST(SignInterval, WhatHasNoRatioIsRefused) {
  const values good(6, 2.0);
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}) {
    values spoiled = good;
    spoiled[3] = bad;
    EXPECT_FALSE(ratio_interval(spoiled, good, 0.95)) << bad;
    EXPECT_FALSE(ratio_interval(good, spoiled, 0.95)) << bad;
  }
  EXPECT_FALSE(ratio_interval(values(7, 2.0), good, 0.95)) << "lengths differ";
  EXPECT_FALSE(ratio_interval(values(6, 1e300), values(6, 1e-300), 0.95)) << "overflow";
  for (const double confidence : {0.0, 1.0, -1.0, 2.0, std::nan("")}) {
    EXPECT_FALSE(ratio_interval(good, good, confidence)) << confidence;
  }
}

/// How often the interval holds the true ratio when each side's log time has a Cauchy law, which
/// has neither mean nor variance, and half the pairs share a disturbance.
double coverage(std::size_t pairs, double truth, double confidence, int trials) {
  std::mt19937_64 random(71);
  std::cauchy_distribution<double> noise(0, 0.05);
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    values a(pairs);
    values b(pairs);
    for (std::size_t i = 0; i < pairs; ++i) {
      const double shared = i % 2 == 0 ? 3.0 : 1.0;
      // Clamped, so that exp() stays finite; no median moves by that.
      const auto factor = [&] { return std::exp(std::clamp(noise(random), -100.0, 100.0)); };
      a[i] = shared * truth * factor();
      b[i] = shared * factor();
    }
    const auto found = ratio_interval(a, b, confidence);
    if (found && found->lower <= truth && truth <= found->upper) ++covered;
  }
  return static_cast<double>(covered) / trials;
}

// Three standard errors of 4,000 trials at 95 % are 1.0 %; the true coverage is the attained one.
TEST(SignInterval, CoversTheTrueRatioUnderAHeavyTail) {
  EXPECT_GE(coverage(6, 1.0, 0.95, 4000), 0.95);
  EXPECT_GE(coverage(25, 1.07, 0.95, 4000), 0.94);
  EXPECT_GE(coverage(60, 0.8, 0.90, 4000), 0.885);
}

TEST(SignInterval, IsNotSoWideThatItSeesNothing) {
  std::mt19937_64 random(5);
  std::lognormal_distribution<double> noise(0, 0.02);
  int seen = 0;
  for (int trial = 0; trial < 200; ++trial) {
    values a(30);
    values b(30);
    for (double& value : a) value = 1.10 * noise(random);
    for (double& value : b) value = noise(random);
    seen += ratio_interval(a, b, 0.95)->lower > 1.05 ? 1 : 0;
  }
  EXPECT_GE(seen, 190) << "10 % slower at 2 % noise, 30 pairs";
}

}  // namespace
}  // namespace regatta
