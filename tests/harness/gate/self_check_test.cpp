// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/self_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace regatta {
namespace {

using testing::HasSubstr;

gate_pair pair_of(double baseline, double copy) {
  gate_pair pair;
  pair.baseline = baseline;
  pair.candidate = copy;
  return pair;
}

self_check after(double copy, int pairs, gate_direction better = gate_direction::smaller) {
  self_check check(0.05, 0.05, 60);
  for (int i = 0; i < pairs && check.open(); ++i) check.add(pair_of(i + 1, (i + 1) * copy), better);
  return check;
}

TEST(SelfCheck, FindsNothingBetweenEquals) {
  const self_check check = after(1, 60);
  EXPECT_EQ(check.finding(), std::nullopt);
  EXPECT_FALSE(check.open()) << "that they are equal is shown";
  EXPECT_EQ(check.finish().verdict, gate_verdict::equivalent);
  EXPECT_LT(check.finish().screening.pairs.size(), 12u);
}

TEST(SelfCheck, FindsABiasThatCouldTipAVerdict) {
  const self_check check = after(1.02, 60);
  EXPECT_FALSE(check.open());
  ASSERT_TRUE(check.finding());
  EXPECT_THAT(*check.finding(), HasSubstr("the baseline measures better than a byte copy"));
  EXPECT_EQ(check.finish().verdict, gate_verdict::regressed);
  EXPECT_NEAR(check.finish().screening.ratio->ratio, 1.02, 1e-9);
  EXPECT_THAT(after(0.98, 60).finding().value_or(""), HasSubstr("worse"));
  EXPECT_THAT(after(1.02, 60, gate_direction::larger).finding().value_or(""), HasSubstr("worse"));
}

TEST(SelfCheck, DoesNotMindABiasMuchSmallerThanTheMargin) {
  EXPECT_EQ(after(1.005, 60).finding(), std::nullopt);
}

TEST(SelfCheck, FindsNothingInAFewPairs) {
  EXPECT_EQ(after(2, 7).finding(), std::nullopt);
  EXPECT_EQ(after(2, 7).finish().verdict, gate_verdict::inconclusive);
}

TEST(SelfCheck, EndsWhenThePairsAreUsedUp) {
  self_check check(0.05, 0.05, 10);
  int pairs = 0;
  while (check.open()) check.add(pair_of(1, ++pairs % 2 == 0 ? 2 : 0.5), gate_direction::smaller);
  EXPECT_EQ(pairs, 10);
}

}  // namespace
}  // namespace regatta
