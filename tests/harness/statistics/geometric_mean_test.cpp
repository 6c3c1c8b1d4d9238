// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/geometric_mean.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace regatta {
namespace {

using values = std::vector<double>;

TEST(GeometricMean, OfKnownValues) {
  EXPECT_NEAR(*geometric_mean(values{1, 3, 9, 27, 81}), 9, 1e-12);
  EXPECT_NEAR(*geometric_mean(values{2, 8}), 4, 1e-12);
  EXPECT_DOUBLE_EQ(*geometric_mean(values{5}), 5);
}

TEST(GeometricMean, OfInverseRatiosIsTheInverse) {
  const values ratios{1.1, 0.7, 2.5};
  const values inverses{1 / 1.1, 1 / 0.7, 1 / 2.5};
  EXPECT_NEAR(*geometric_mean(ratios) * *geometric_mean(inverses), 1, 1e-12);
}

TEST(GeometricMean, DoesNotOverflow) {
  EXPECT_NEAR(*geometric_mean(values(400, 1e300)) / 1e300, 1, 1e-9);
  EXPECT_NEAR(*geometric_mean(values(400, 1e-300)) / 1e-300, 1, 1e-9);
}

TEST(GeometricMean, OfNothingOrOfWhatHasNoLogarithmIsUnknown) {
  EXPECT_EQ(geometric_mean({}), std::nullopt);
  EXPECT_EQ(geometric_mean(values{1, 0}), std::nullopt);
  EXPECT_EQ(geometric_mean(values{1, -2}), std::nullopt);
  EXPECT_EQ(geometric_mean(values{1, std::numeric_limits<double>::infinity()}), std::nullopt);
  EXPECT_EQ(geometric_mean(values{std::numeric_limits<double>::quiet_NaN()}), std::nullopt);
}

}  // namespace
}  // namespace regatta
