// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/margin_test.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace regatta {
namespace {

using values = std::vector<double>;

TEST(SignEValue, IsTheMixtureWorkedOutInExactFractions) {
  // Python fractions: 2^n B(k+7, n-k+2) P(Bin(n+8, 1/2) < k+7) / (B(7, 2) P(Bin(8, 1/2) < 7)).
  EXPECT_NEAR(sign_e_value(5, 5), 38164.0 / 3211, 1e-10);
  EXPECT_NEAR(sign_e_value(6, 6), 65476.0 / 3211, 1e-10);
  EXPECT_NEAR(sign_e_value(7, 7), 131008.0 / 3705, 1e-10);
  EXPECT_NEAR(sign_e_value(8, 8), 458633.0 / 7410, 1e-10);
  EXPECT_NEAR(sign_e_value(36, 50), 51.07053453617576, 1e-10);
  EXPECT_NEAR(sign_e_value(35, 50), 19.45004361740569, 1e-10);
  EXPECT_NEAR(sign_e_value(0, 10), 0.03173323725836229, 1e-14);
  EXPECT_NEAR(sign_e_value(3, 10), 0.08050712485101626, 1e-14);
  EXPECT_NEAR(sign_e_value(0, 300), 0.0007658443187530123, 1e-15);
  EXPECT_NEAR(sign_e_value(510, 1000), 0.01914152865872705, 1e-12);
  EXPECT_NEAR(sign_e_value(700, 1000) / 4.032921756024356e+34, 1, 1e-10);
}

TEST(SignEValue, StartsAtOneAndIsAFiniteNumberForever) {
  EXPECT_NEAR(sign_e_value(0, 0), 1, 1e-14);
  EXPECT_GT(sign_e_value(0, 100'000), 0);
  EXPECT_LT(sign_e_value(50'000, 100'000), 1);
  EXPECT_GT(sign_e_value(51'000, 100'000), 1e5);
  EXPECT_GT(sign_e_value(100'000, 100'000), 1e299);
  EXPECT_LE(sign_e_value(100'000, 100'000), 1e300);
}

// The defining property: under fair coins the expected next value is the present one.
TEST(SignEValue, IsAMartingaleUnderFairCoins) {
  for (std::size_t n : {0U, 1U, 7U, 40U, 300U}) {
    for (std::size_t k = 0; k <= n; k += 1 + n / 10) {
      const double next = (sign_e_value(k, n + 1) + sign_e_value(k + 1, n + 1)) / 2;
      EXPECT_NEAR(next / sign_e_value(k, n), 1, 1e-10) << k << " of " << n;
    }
  }
}

TEST(FewestAbove, IsTheBoundaryThatDecides) {
  // The same walk in exact fractions: where e(k, n) first reaches 40.
  EXPECT_FALSE(fewest_above(7, 40));
  EXPECT_EQ(fewest_above(8, 40), 8U);
  EXPECT_EQ(fewest_above(20, 40), 17U);
  EXPECT_EQ(fewest_above(30, 40), 23U);
  EXPECT_EQ(fewest_above(50, 40), 36U);
  EXPECT_EQ(fewest_above(100, 40), 67U);
  EXPECT_EQ(fewest_above(200, 40), 125U);
  EXPECT_FALSE(fewest_above(0, 40));
}

TEST(MarginTest, SixUnanimousPairsReachTwentyAndEightForty) {
  margin_test test(0);
  for (int i = 0; i < 5; ++i) test.add(2, 1);
  EXPECT_LT(test.e_greater(), 20);
  test.add(2, 1);
  EXPECT_GE(test.e_greater(), 20);
  test.add(2, 1);
  EXPECT_LT(test.e_greater(), 40);
  test.add(2, 1);
  EXPECT_GE(test.e_greater(), 40);
  EXPECT_EQ(test.e_less(), 1);
  EXPECT_EQ(test.e_equivalent(), 1);
}

TEST(MarginTest, AsksWhetherTheMarginIsExceeded) {
  margin_test test(0.05);
  for (int i = 0; i < 20; ++i) test.add(1.04, 1);
  EXPECT_EQ(test.e_greater(), 1);
  EXPECT_GT(test.e_equivalent(), 1000);
  EXPECT_EQ(test.e_equivalent(), test.e_not_less()) << "both sides are unanimous";
}

TEST(MarginTest, WhatLiesOnAThresholdSpeaksForNeitherSide) {
  margin_test test(0.05);
  for (int i = 0; i < 50; ++i) test.add(105, 100);
  EXPECT_EQ(test.e_greater(), 1);
  EXPECT_EQ(test.e_not_greater(), 1);
  EXPECT_GT(test.e_not_less(), 1e9);
  EXPECT_EQ(test.e_equivalent(), 1);

  margin_test equal(0);
  for (int i = 0; i < 50; ++i) equal.add(3, 3);
  EXPECT_EQ(equal.ties(), 50U);
  EXPECT_EQ(equal.e_greater(), 1);
  EXPECT_EQ(equal.e_less(), 1);
}

TEST(MarginTest, SwappingTheSidesMirrorsIt) {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> noise(0, 0.04);
  margin_test forth(0.05);
  margin_test back(0.05);
  for (int i = 0; i < 200; ++i) {
    const double a = noise(random);
    const double b = i % 7 == 0 ? a * 1.05 : noise(random);
    forth.add(a, b);
    back.add(b, a);
    ASSERT_EQ(forth.e_greater(), back.e_less());
    ASSERT_EQ(forth.e_not_greater(), back.e_not_less());
    ASSERT_EQ(forth.e_equivalent(), back.e_equivalent());
  }
  EXPECT_GT(forth.e_equivalent(), 1) << "else nothing was compared";
}

TEST(MarginTest, TheUnitDoesNotMatterAndNeitherDoesALaterLull) {
  margin_test seconds(0.05);
  margin_test ticks(0.05);
  double largest = 1;
  for (int i = 0; i < 40; ++i) {
    const double ratio = i < 12 ? 1.2 : 0.9;
    seconds.add(ratio, 1);
    ticks.add(ratio * 1024, 1024);
    largest = std::max(largest, seconds.e_greater());
    ASSERT_EQ(seconds.e_greater(), ticks.e_greater());
  }
  EXPECT_EQ(seconds.e_greater(), largest) << "the largest seen stays";
  EXPECT_NEAR(largest, sign_e_value(12, 12), 1e-9);
}

TEST(MarginTest, WhatHasNoRatioIsNotTaken) {
  margin_test test(0.05);
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
    EXPECT_FALSE(test.add(bad, 1));
    EXPECT_FALSE(test.add(1, bad));
  }
  EXPECT_EQ(test.pairs(), 0U);
  EXPECT_TRUE(test.add(1, 1));
}

/// Share of runs in which anything wrong is claimed at any of `looks` looks when the median ratio
/// is `truth`; noise without mean or variance, whose scale drifts by a factor of 20.
double false_claims(double truth, double margin, double level, int looks, int runs) {
  std::mt19937_64 random(17);
  std::cauchy_distribution<double> noise(0, 0.01);
  int wrong = 0;
  for (int run = 0; run < runs; ++run) {
    margin_test test(margin);
    for (int i = 0; i < looks; ++i) {
      const double scale = i % 40 < 20 ? 1 : 20;
      test.add(truth * std::exp(std::clamp(scale * noise(random), -100.0, 100.0)), 1);
    }
    const double enough = 1 / level;
    const bool inside = truth < 1 + margin && truth * (1 + margin) > 1;
    wrong += (truth <= 1 + margin && test.e_greater() >= enough) ||
                     (truth * (1 + margin) >= 1 && test.e_less() >= enough) ||
                     (!inside && test.e_equivalent() >= enough)
                 ? 1
                 : 0;
  }
  return static_cast<double>(wrong) / runs;
}

// Three standard errors of 1,500 runs at 5 % are 1.7 %.
TEST(MarginTest, PeekedAtTwoHundredTimesItStaysWithinItsLevel) {
  const double at_one = false_claims(1.0, 0, 0.025, 200, 1500);
  EXPECT_LE(at_one, 0.05 + 0.017) << "two sides of 2.5 %";
  EXPECT_GE(at_one, 0.005) << "a test that never fires shows nothing";
  EXPECT_LE(false_claims(1.05, 0.05, 0.025, 200, 1500), 0.05 + 0.017) << "on the edge: two claims";
  EXPECT_LE(false_claims(1.0, 0.05, 0.05, 200, 1500), 0.002) << "well inside";
}

TEST(AnytimeInterval, HasTheRanksThatTheEValueRefutes) {
  // At 95 % a side needs e >= 40: 8 of 8, 36 of 50 (51.07; 35 give 19.45).
  values eight{1, 2, 3, 4, 5, 6, 7, 8};
  auto found = anytime_ratio_interval(eight, values(8, 1.0), 0.95);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->lower, 1);
  EXPECT_EQ(found->upper, 8);
  EXPECT_EQ(found->confidence, 0.95);
  EXPECT_FALSE(anytime_ratio_interval(values(7, 2.0), values(7, 1.0), 0.95));

  values fifty;
  for (int i = 50; i > 0; --i) fifty.push_back(i);
  found = anytime_ratio_interval(fifty, values(50, 1.0), 0.95);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->lower, 15) << "36 lie at or above it";
  EXPECT_EQ(found->upper, 36);
  EXPECT_NEAR(found->ratio, std::sqrt(25.0 * 26.0), 1e-12);
  EXPECT_EQ(found->pairs, 50U);
}

TEST(AnytimeInterval, AgreesWithTheTestItInverts) {
  std::mt19937_64 random(8);
  std::lognormal_distribution<double> noise(0.1, 0.1);
  values a;
  for (int i = 0; i < 60; ++i) a.push_back(noise(random));
  const values ones(a.size(), 1.0);
  const auto found = anytime_ratio_interval(a, ones, 0.95);
  ASSERT_TRUE(found);
  const auto count = [&](double value) {
    return static_cast<std::size_t>(
        std::count_if(a.begin(), a.end(), [&](double x) { return x > value; }));
  };
  EXPECT_GE(sign_e_value(count(found->lower * 0.999999), a.size()), 40);
  EXPECT_LT(sign_e_value(count(found->lower), a.size()), 40);
  const auto back = anytime_ratio_interval(ones, a, 0.95);
  EXPECT_NEAR(back->lower * found->upper, 1, 1e-12);
  EXPECT_NEAR(back->ratio * found->ratio, 1, 1e-12);
}

TEST(AnytimeInterval, RefusesWhatTheOtherIntervalRefuses) {
  const values good(10, 2.0);
  values spoiled = good;
  spoiled[4] = 0;
  EXPECT_FALSE(anytime_ratio_interval(spoiled, good, 0.95));
  EXPECT_FALSE(anytime_ratio_interval(good, spoiled, 0.95));
  EXPECT_FALSE(anytime_ratio_interval(values(9, 2.0), good, 0.95));
  EXPECT_FALSE(anytime_ratio_interval({}, {}, 0.95));
  for (const double confidence : {0.0, 1.0, -1.0, std::nan("")}) {
    EXPECT_FALSE(anytime_ratio_interval(good, good, confidence)) << confidence;
  }
}

// Three standard errors of 400 runs at 95 % are 3.3 %.
TEST(AnytimeInterval, HoldsTheTruthAtEveryLook) {
  std::mt19937_64 random(29);
  std::cauchy_distribution<double> noise(0, 0.05);
  int always = 0;
  for (int run = 0; run < 400; ++run) {
    values a;
    values b;
    bool held = true;
    for (int i = 0; i < 100; ++i) {
      a.push_back(1.07 * std::exp(std::clamp(noise(random), -50.0, 50.0)));
      b.push_back(1);
      const auto found = anytime_ratio_interval(a, b, 0.95);
      held = held && (!found || (found->lower <= 1.07 && 1.07 <= found->upper));
    }
    always += held ? 1 : 0;
  }
  EXPECT_GE(always, 400 * (0.95 - 0.033));
  EXPECT_LT(always, 400) << "an interval that never misses is too wide";
}

}  // namespace
}  // namespace regatta
