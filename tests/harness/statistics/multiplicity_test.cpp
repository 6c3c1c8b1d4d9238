// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/multiplicity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace regatta {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pointwise;
using values = std::vector<double>;

// The fifteen p-values of Benjamini and Hochberg 1995, section 3.2 (thrombolysis in myocardial
// infarction). Bonferroni rejects three at 5 %, as does Holm; Benjamini-Hochberg rejects four.
const values thrombolysis{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                          0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};

std::ptrdiff_t rejected(const values& adjusted, double alpha) {
  return std::count_if(adjusted.begin(), adjusted.end(), [&](double p) { return p <= alpha; });
}

TEST(Holm, AdjustsAPublishedExample) {
  const values adjusted = holm(thrombolysis);
  EXPECT_EQ(rejected(adjusted, 0.05), 3);
  // 15 * 0.0001, 14 * 0.0004, 13 * 0.0019, 12 * 0.0095, 11 * 0.0201, …
  EXPECT_NEAR(adjusted[0], 0.0015, 1e-12);
  EXPECT_NEAR(adjusted[2], 0.0247, 1e-12);
  EXPECT_NEAR(adjusted[3], 0.1140, 1e-12);
  EXPECT_NEAR(adjusted[5], 0.2780, 1e-12);
  EXPECT_EQ(adjusted[14], 1);
}

TEST(Holm, KeepsTheOrderGivenAndNeverLetsALargerOneBeRejectedFirst) {
  EXPECT_THAT(holm(values{0.03, 0.01, 0.04}),
              Pointwise(DoubleNear(1e-12), values{0.06, 0.03, 0.06}));
  EXPECT_THAT(holm(values{0.2, 0.2}), Pointwise(DoubleNear(1e-12), values{0.4, 0.4}));
  EXPECT_THAT(holm(values{std::nan(""), 0.01}), ElementsAre(1, 0.02));
  EXPECT_TRUE(holm({}).empty());
  EXPECT_THAT(holm(values{0.05}), ElementsAre(0.05)) << "alone there is nothing to correct";
}

TEST(EBh, IsBenjaminiHochbergOnTheInverses) {
  values e_values;
  for (const double p : thrombolysis) e_values.push_back(1 / p);
  const values adjusted = e_bh(e_values);
  EXPECT_EQ(rejected(adjusted, 0.05), 4);
  EXPECT_NEAR(adjusted[3], 15 * 0.0095 / 4, 1e-12);
}

TEST(EBh, RejectsAsManyAsTogetherCarryIt) {
  // Two of three at α = 5 %: each of two needs e >= 3 / (2 * 0.05) = 30, alone it would be 60.
  EXPECT_THAT(e_bh(values{30, 1, 30}), Pointwise(DoubleNear(1e-12), values{0.05, 1, 0.05}));
  EXPECT_EQ(rejected(e_bh(values{30, 1, 29}), 0.05), 0);
  EXPECT_EQ(rejected(e_bh(values{60, 0, std::nan("")}), 0.05), 1);
  EXPECT_TRUE(e_bh({}).empty());
}

TEST(Multiplicity, AnyOrderGivesTheSame) {
  std::mt19937 random(4);
  values shuffled = thrombolysis;
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  const values straight = holm(thrombolysis);
  const values adjusted = holm(shuffled);
  for (std::size_t i = 0; i < shuffled.size(); ++i) {
    const auto where = std::find(thrombolysis.begin(), thrombolysis.end(), shuffled[i]);
    EXPECT_EQ(adjusted[i], straight[static_cast<std::size_t>(where - thrombolysis.begin())]);
  }
}

}  // namespace
}  // namespace regatta
