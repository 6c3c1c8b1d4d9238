// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/mann_whitney.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace regatta {
namespace {

using values = std::vector<double>;

TEST(MannWhitney, HasTheValuesOfTheManualOfR) {
  // R's airquality data, ozone in May and August: ?wilcox.test prints W = 127.5, p-value =
  // 0.0001208 (ties, normal approximation with continuity correction).
  const values may{41, 36, 12, 18, 28, 23, 19, 8, 7,  16, 11, 14,  18,
                   14, 34, 6,  30, 11, 1,  11, 4, 32, 23, 45, 115, 37};
  const values august{39, 9,  16, 78, 35, 66, 122, 89,  110, 44, 28,  65, 22,
                      59, 23, 31, 44, 21, 9,  45,  168, 73,  76, 118, 84, 85};
  const auto found = mann_whitney(may, august);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->u, 127.5);
  EXPECT_NEAR(found->p, 0.0001208, 5e-8);
  EXPECT_LT(found->z, 0);
  const auto back = mann_whitney(august, may);
  EXPECT_EQ(back->u, 26.0 * 26.0 - 127.5);
  EXPECT_EQ(back->p, found->p);
  EXPECT_EQ(back->z, -found->z);
}

TEST(MannWhitney, OfEqualSamplesSaysNothing) {
  const values sample{1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(mann_whitney(sample, sample)->p, 1);
  EXPECT_EQ(mann_whitney(values(9, 3.0), values(9, 3.0))->p, 1);
}

TEST(MannWhitney, OnlyTheOrderCounts) {
  const values a{1.1, 3.2, 2.2, 9.0, 4.1, 5.5, 0.3, 7.7};
  const values b{2.0, 6.1, 8.8, 9.9, 12.0, 5.6, 4.4, 11.0};
  values log_a;
  values log_b;
  for (const double value : a) log_a.push_back(std::log(1000 * value));
  for (const double value : b) log_b.push_back(std::log(1000 * value));
  EXPECT_EQ(mann_whitney(a, b)->p, mann_whitney(log_a, log_b)->p);
}

TEST(MannWhitney, AnEmptySideOrNoNumberIsUnknown) {
  EXPECT_FALSE(mann_whitney({}, values{1}));
  EXPECT_FALSE(mann_whitney(values{1}, {}));
  EXPECT_FALSE(mann_whitney(values{1, std::nan("")}, values{1, 2}));
}

}  // namespace
}  // namespace regatta
