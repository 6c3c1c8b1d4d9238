// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/detectable_effect.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "harness/statistics/margin_test.hpp"
#include "harness/statistics/quantile.hpp"

namespace regatta {
namespace {

using values = std::vector<double>;

values noisy(std::size_t count, double spread) {
  std::mt19937_64 random(31);
  std::normal_distribution<double> noise(0, spread);
  values ratios;
  while (ratios.size() < count) ratios.push_back(std::exp(noise(random)));
  return ratios;
}

TEST(SignTestPower, IsTheExactChanceOfReachingTheBoundary) {
  // Eight pairs are the fewest for e >= 40, and all of them must lie above.
  EXPECT_NEAR(sign_test_power(0.9, 8, 0.025), std::pow(0.9, 8), 1e-12);
  EXPECT_EQ(sign_test_power(1, 7, 0.025), 0);
  EXPECT_NEAR(sign_test_power(1, 8, 0.025), 1, 1e-12);
  // A walk over the boundary in Python, with the same prior in exact fractions.
  EXPECT_NEAR(sign_test_power(0.5, 50, 0.025), 0.016, 0.0005);
  EXPECT_NEAR(sign_test_power(0.75, 50, 0.025), 0.825, 0.0005);
  EXPECT_LE(sign_test_power(0.5, 2000, 0.025), 0.025);
}

TEST(DetectableEffect, OfNoNoiseIsTheMargin) {
  const auto found = detectable_effect(values(20, 1.3), {.pairs = 20});
  ASSERT_TRUE(found);
  EXPECT_NEAR(*found, 0.05, 1e-12);
}

TEST(DetectableEffect, ShrinksWithPairsAndGrowsWithNoise) {
  const auto at = [](double spread, std::size_t pairs) {
    return *detectable_effect(noisy(400, spread), {.pairs = pairs});
  };
  EXPECT_GT(at(0.1, 20), at(0.1, 50));
  EXPECT_GT(at(0.1, 50), at(0.1, 400));
  EXPECT_GT(at(0.2, 50), at(0.1, 50));
  EXPECT_GT(at(0.1, 400), 0.05) << "nothing within the margin can be found";
}

TEST(DetectableEffect, IsFoundInFourOfFiveRuns) {
  values ratios = noisy(200, 0.12);
  const double centre = *median(ratios);
  for (double& ratio : ratios) ratio /= centre;
  const detection how{.pairs = 60};
  const auto effect = detectable_effect(ratios, how);
  ASSERT_TRUE(effect);
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::size_t> pick(0, ratios.size() - 1);
  int found = 0;
  for (int run = 0; run < 1000; ++run) {
    margin_test test(how.margin);
    for (std::size_t i = 0; i < how.pairs; ++i) {
      // A hair above, for the pair that defines the effect lies exactly on the threshold.
      test.add(1.000001 * (1 + *effect) * ratios[pick(random)], 1);
    }
    found += test.e_greater() >= 1 / how.level ? 1 : 0;
  }
  // Three standard errors of 1,000 runs are 3.8 %; the share of pairs comes in steps of 1/200.
  EXPECT_GE(found, 760);
  EXPECT_LE(found, 860);
}

TEST(DetectableEffect, TheUnitOfTheRatiosAndTheirOrderDoNotMatter) {
  values ratios = noisy(50, 0.1);
  const double effect = *detectable_effect(ratios, {});
  values shifted(ratios.rbegin(), ratios.rend());
  for (double& ratio : shifted) ratio *= 1.4;
  EXPECT_NEAR(*detectable_effect(shifted, {}), effect, 1e-12) << "their own median is taken out";
}

TEST(DetectableEffect, WhatCannotFindAnythingIsUnknown) {
  EXPECT_FALSE(detectable_effect(values(20, 1.0), {.pairs = 7}));
  EXPECT_FALSE(detectable_effect(values(5, 1.0), {}));
  EXPECT_FALSE(detectable_effect(values{1, 1, 1, 1, 1, 1, 0}, {}));
  EXPECT_FALSE(detectable_effect(values{1, 1, 1, 1, 1, 1, std::nan("")}, {}));
}

}  // namespace
}  // namespace regatta
