// SPDX-License-Identifier: Apache-2.0
#include "harness/doctor/noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace regatta::doctor {
namespace {

constexpr double alpha = 0.01;

// Log-normal noise around a millisecond; the b side `slower` times as slow.
paired_times simulated(std::size_t pairs, double sigma, double slower, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(0, sigma);
  paired_times times;
  times.name = "work";
  times.kind = "some work";
  for (std::size_t i = 0; i < pairs; ++i) {
    times.a.push_back(1e-3 * std::exp(noise(random)));
    times.b.push_back(1e-3 * std::exp(noise(random)) * slower);
    times.in_run_order.insert(times.in_run_order.end(), {times.a.back(), times.b.back()});
  }
  return times;
}

TEST(CoefficientOfVariation, IsOfTheSample) {
  const std::vector<double> values{2, 4, 4, 4, 5, 5, 7, 9};  // mean 5, sum of squares 32
  EXPECT_DOUBLE_EQ(coefficient_of_variation(values).value(), std::sqrt(32.0 / 7) / 5);
  EXPECT_EQ(coefficient_of_variation(std::vector<double>{1}), std::nullopt);
  EXPECT_EQ(coefficient_of_variation(std::vector<double>{-1, 1}), std::nullopt);
}

TEST(Lag1Autocorrelation, OfKnownSeries) {
  // Deviations -2 -1 0 1 2: neighbours' products 2 + 0 + 0 + 2 over the squares 10.
  EXPECT_DOUBLE_EQ(lag1_autocorrelation(std::vector<double>{1, 2, 3, 4, 5}).value(), 0.4);
  // -1 1 -1 1: -3 of 4.
  EXPECT_DOUBLE_EQ(lag1_autocorrelation(std::vector<double>{0, 2, 0, 2}).value(), -0.75);
  EXPECT_EQ(lag1_autocorrelation(std::vector<double>{1, 2}), std::nullopt);
  EXPECT_EQ(lag1_autocorrelation(std::vector<double>{3, 3, 3, 3}), std::nullopt);
}

TEST(Resolution, OfTheSameWorkIsNotRejectedAndGrowsWithTheNoise) {
  const auto calm = resolution_of(simulated(200, 0.01, 1, 1), alpha);
  const auto noisy = resolution_of(simulated(200, 0.2, 1, 1), alpha);
  EXPECT_FALSE(calm.rejected);
  EXPECT_FALSE(noisy.rejected);
  ASSERT_TRUE(calm.detectable && noisy.detectable);
  // A pair's noise is the square root of two of an epoch's; 50 pairs resolve less than that.
  EXPECT_LT(*calm.detectable, 0.015);
  EXPECT_GT(*noisy.detectable, 0.05);
  EXPECT_LT(*noisy.detectable, 0.3);
  EXPECT_NEAR(*noisy.detectable_beyond_margin, 1.05 * (1 + *noisy.detectable) - 1, 1e-9);
  EXPECT_NEAR(noisy.variation, 0.2, 0.03);
  EXPECT_NEAR(noisy.epoch, 1e-3, 5e-5);
  EXPECT_EQ(noisy.pairs, 200U);
  ASSERT_TRUE(noisy.ratio);
  EXPECT_LT(noisy.ratio->lower, 1);
  EXPECT_GT(noisy.ratio->upper, 1);
}

TEST(Resolution, SidesThatDifferAreRejectedWhicheverIsSlower) {
  EXPECT_TRUE(resolution_of(simulated(100, 0.02, 1.05, 2), alpha).rejected);
  EXPECT_TRUE(resolution_of(simulated(100, 0.02, 1 / 1.05, 2), alpha).rejected);
}

TEST(Resolution, FalseAlarmsAreAsRareAsPromised) {
  int rejected = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    rejected += resolution_of(simulated(60, 0.3, 1, seed), 0.05).rejected ? 1 : 0;
  }
  // At most 50 are expected; the e-process is conservative, and 78 are four standard errors more.
  EXPECT_LE(rejected, 78);
  EXPECT_GT(rejected, 0) << "a test that never rejects is none";
}

TEST(Resolution, ADriftThatHitsBothSidesIsSeenInTheTimesAndNotInThePairs) {
  auto times = simulated(300, 0.01, 1, 3);
  for (std::size_t i = 0; i < times.a.size(); ++i) {
    const double drift = 1 + static_cast<double>(i) / 100;
    for (double* const value :
         {&times.a[i], &times.b[i], &times.in_run_order[2 * i], &times.in_run_order[2 * i + 1]}) {
      *value *= drift;
    }
  }
  const auto found = resolution_of(times, alpha);
  EXPECT_GT(found.lag1.value(), 0.9);
  EXPECT_LT(std::abs(found.lag1_pairs.value()), 0.2);
  EXPECT_LT(found.detectable.value(), 0.02);
  EXPECT_FALSE(found.rejected);
}

TEST(Resolution, OfFewPairsIsUnknown) {
  EXPECT_EQ(resolution_of(simulated(3, 0.1, 1, 1), alpha).detectable, std::nullopt);
  const auto none = resolution_of(simulated(0, 0.1, 1, 1), alpha);
  EXPECT_TRUE(none.not_run);
  EXPECT_FALSE(none.rejected);
}

TEST(Resolution, OfWhatCouldNotRunSaysWhy) {
  paired_times times;
  times.name = "two threads compute";
  times.not_run = "there is only one CPU to use";
  const auto found = resolution_of(times, alpha);
  EXPECT_EQ(found.not_run, "there is only one CPU to use");
  EXPECT_EQ(found.ratio, std::nullopt);
}

}  // namespace
}  // namespace regatta::doctor
