// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/stationarity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace regatta {
namespace {

using values = std::vector<double>;

TEST(Stationarity, HasKendallsTauOfATextbook) {
  // Hollander and Wolfe 1973, p. 187 (canned tuna; ?cor.test in R): tau = 0.4444444. In the order
  // of the first variable, the second is a series: S = 16, variance 9 * 8 * 23 / 18 = 92.
  const auto found = find_trend(values{2.5, 4.0, 2.6, 3.6, 2.8, 3.1, 5.2, 5.0, 3.8});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->tau, 4.0 / 9, 1e-12);
  // 2 * (1 - Phi(15 / sqrt(92))), Python statistics.NormalDist.
  EXPECT_NEAR(found->p, 0.1178509, 1e-6);
}

TEST(Stationarity, CorrectsForTies) {
  // S = 25; variance (10 * 9 * 25 - 3 * 2 * 11 - 2 * 1 * 9) / 18 = 120.33…; Python NormalDist.
  const auto found = find_trend(values{1, 2, 2, 2, 3, 5, 4, 5, 1.5, 6});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->tau * 45, 25, 1e-9);
  EXPECT_NEAR(found->p, 0.0286803, 1e-6);
}

TEST(Stationarity, ASteadyRiseIsFoundWithItsSize) {
  values rising;
  for (int i = 0; i < 41; ++i) rising.push_back(0.01 * i + (i % 2 == 0 ? 0.002 : -0.002));
  const auto found = find_trend(rising);
  ASSERT_TRUE(found);
  EXPECT_LT(found->p, 1e-9);
  EXPECT_NEAR(found->change, 0.4, 0.01);
  values falling(rising.rbegin(), rising.rend());
  EXPECT_EQ(find_trend(falling)->p, found->p);
  EXPECT_NEAR(find_trend(falling)->tau, -found->tau, 1e-12);
}

TEST(Stationarity, OneWildValueIsNoTrend) {
  values steady;
  for (int i = 0; i < 40; ++i) steady.push_back(i % 4 == 1 || i % 4 == 2 ? 1.0 : 1.1);
  steady.back() = 1e9;
  EXPECT_GT(find_trend(steady)->p, 0.3);
  EXPECT_NEAR(find_trend(steady)->change, 0, 0.2);
}

TEST(Stationarity, EqualValuesHaveNone) {
  const auto found = find_trend(values(20, 3.0));
  EXPECT_EQ(found->tau, 0);
  EXPECT_EQ(found->p, 1);
  EXPECT_EQ(found->change, 0);
}

TEST(Stationarity, TooFewOrNoNumbersAreUnknown) {
  EXPECT_FALSE(find_trend(values{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_FALSE(find_trend({}));
  values bad(20, 1.0);
  bad[7] = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(find_trend(bad));
}

// Three standard errors of 2,000 runs at 5 % are 1.5 %.
TEST(Stationarity, IndependentNoiseDriftsNoOftenerThanItsLevel) {
  std::mt19937_64 random(6);
  std::cauchy_distribution<double> noise;
  int found = 0;
  for (int run = 0; run < 2000; ++run) {
    values series;
    for (int i = 0; i < 25; ++i) series.push_back(noise(random));
    found += find_trend(series)->p <= 0.05 ? 1 : 0;
  }
  EXPECT_LE(found, 2000 * 0.065);
  EXPECT_GE(found, 2000 * 0.03);
}

}  // namespace
}  // namespace regatta
