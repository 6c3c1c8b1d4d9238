// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/scalability.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace regatta {
namespace {

using points = std::vector<scalability_point>;

TEST(Scalability, HasThePublishedFitOfSpecSdm91) {
  // Gunther's SPEC SDM91 data; the R package usl (vignette, section "specsdm91") finds alpha =
  // 0.0277, beta = 0.000104 and a scale factor of 89.995 by nonlinear least squares.
  const points measured{{1, 64.9},     {18, 995.9},   {36, 1652.4}, {72, 1853.2},
                        {108, 1828.9}, {144, 1775.0}, {216, 1702.2}};
  const auto found = fit_scalability(measured);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->lambda, 89.995, 0.001);
  EXPECT_NEAR(found->sigma, 0.0277, 0.00005);
  EXPECT_NEAR(found->kappa, 0.000104, 0.0000005);
  ASSERT_TRUE(found->peak());
  EXPECT_NEAR(*found->peak(), 96.5, 0.1);
  EXPECT_NEAR(found->r_squared, 0.99, 0.005);
  ASSERT_EQ(found->residuals.size(), 7U);
  EXPECT_NEAR(found->residuals[0], 64.9 - found->throughput(1), 1e-9);
}

points exact(double lambda, double sigma, double kappa, const std::vector<double>& at) {
  const scalability_fit truth{
      .lambda = lambda, .sigma = sigma, .kappa = kappa, .residuals = {}, .r_squared = 1};
  points made;
  for (const double n : at) made.push_back({n, truth.throughput(n)});
  return made;
}

TEST(Scalability, FindsTheLawThatMadeTheData) {
  struct law {
    double lambda, sigma, kappa;
  };
  for (const law& l : {law{1000, 0.05, 0.001}, law{3e6, 0, 1e-8}, law{0.2, 0.9, 0.3},
                       law{50, 0.3, 0}, law{7, 0, 0}}) {
    const auto found = fit_scalability(exact(l.lambda, l.sigma, l.kappa, {1, 4, 64, 512, 10000}));
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->lambda / l.lambda, 1, 1e-6);
    EXPECT_NEAR(found->sigma, l.sigma, 1e-6 + 1e-6 * l.sigma);
    EXPECT_NEAR(found->kappa, l.kappa, 1e-11 + 1e-6 * l.kappa);
    EXPECT_NEAR(found->r_squared, 1, 1e-9);
  }
}

TEST(Scalability, IsALeastSquaresFitOfThroughput) {
  std::mt19937_64 random(10);
  std::lognormal_distribution<double> noise(0, 0.1);
  points measured = exact(100, 0.08, 0.002, {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48});
  for (auto& point : measured) point.throughput *= noise(random);
  const auto found = fit_scalability(measured);
  ASSERT_TRUE(found);
  const auto error = [&](double lambda, double sigma, double kappa) {
    scalability_fit other = *found;
    other.lambda = lambda;
    other.sigma = sigma;
    other.kappa = kappa;
    double sum = 0;
    for (const auto& point : measured) {
      sum += std::pow(point.throughput - other.throughput(point.concurrency), 2);
    }
    return sum;
  };
  const double least = error(found->lambda, found->sigma, found->kappa);
  for (const double step : {0.999, 1.001}) {
    EXPECT_GT(error(found->lambda * step, found->sigma, found->kappa), least);
    EXPECT_GT(error(found->lambda, found->sigma * step, found->kappa), least);
    EXPECT_GT(error(found->lambda, found->sigma, found->kappa * step), least);
  }
}

TEST(Scalability, BetterThanLinearIsNoNegativeContention) {
  const auto found = fit_scalability(points{{1, 10}, {2, 22}, {4, 48}, {8, 110}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->sigma, 0);
  EXPECT_EQ(found->kappa, 0);
  EXPECT_FALSE(found->peak());
  EXPECT_GT(found->residuals.back(), 0);
}

TEST(Scalability, TheUnitOfThroughputDoesNotMatter) {
  const points measured{{1, 100}, {2, 190}, {4, 330}, {8, 480}, {16, 500}};
  points scaled = measured;
  for (auto& point : scaled) point.throughput *= 1e6;
  const auto one = fit_scalability(measured);
  const auto other = fit_scalability(scaled);
  EXPECT_NEAR(one->sigma, other->sigma, 1e-9);
  EXPECT_NEAR(one->kappa, other->kappa, 1e-9);
  EXPECT_NEAR(one->lambda * 1e6 / other->lambda, 1, 1e-9);
}

TEST(Scalability, WhereOneAloneIsBestThePeakIsOne) {
  const auto found = fit_scalability(points{{1, 100}, {2, 80}, {4, 60}, {8, 40}, {16, 30}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->peak(), 1);
}

TEST(Scalability, TooFewPointsAreUnknown) {
  EXPECT_FALSE(fit_scalability(points{{1, 10}, {2, 19}, {4, 30}}));
  EXPECT_FALSE(fit_scalability(points{{1, 10}, {2, 19}, {4, 30}, {4, 31}, {4, 32}}));
  EXPECT_FALSE(fit_scalability(points{{1, 10}, {2, 19}, {4, 30}, {8, 0}}));
  EXPECT_FALSE(fit_scalability(points{{1, 10}, {2, 19}, {4, 30}, {8, std::nan("")}}));
  EXPECT_FALSE(fit_scalability({}));
}

}  // namespace
}  // namespace regatta
