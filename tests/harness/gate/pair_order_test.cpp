// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/pair_order.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace regatta {
namespace {

std::vector<bool> order_of(std::uint64_t seed, int pairs) {
  pair_order order(seed);
  std::vector<bool> first;
  for (int i = 0; i < pairs; ++i) first.push_back(order.candidate_first());
  return first;
}

TEST(PairOrder, TwoPairsInARowHaveEachSideFirstOnce) {
  const auto first = order_of(1, 200);
  for (std::size_t i = 0; i < first.size(); i += 2) EXPECT_NE(first[i], first[i + 1]) << i;
}

TEST(PairOrder, WhichOfThemComesFirstIsACoin) {
  const auto first = order_of(2, 2000);
  int candidate = 0;
  int changes = 0;
  for (std::size_t i = 0; i < first.size(); i += 2) {
    candidate += first[i] ? 1 : 0;
    changes += i > 0 && first[i] != first[i - 2] ? 1 : 0;
  }
  EXPECT_NEAR(candidate, 500, 80);  // five standard deviations
  EXPECT_NEAR(changes, 500, 80) << "it follows a rhythm";
}

TEST(PairOrder, TheSeedDecides) {
  EXPECT_EQ(order_of(3, 64), order_of(3, 64));
  EXPECT_NE(order_of(3, 64), order_of(4, 64));
}

}  // namespace
}  // namespace regatta
