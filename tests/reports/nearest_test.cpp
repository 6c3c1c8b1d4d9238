// SPDX-License-Identifier: Apache-2.0
#include "reports/nearest.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

TEST(Nearest, FindsATypoAndNothingFarAway) {
  const std::vector<std::string> known = {"coroutine", "thread", "tbb", "process"};
  EXPECT_EQ(nearest("thraed", known), "thread");
  EXPECT_EQ(nearest("corutine", known), "coroutine");
  EXPECT_EQ(nearest("proces", known), "process");
  EXPECT_EQ(nearest("postgres-pool", known), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
  EXPECT_EQ(nearest("thread", known), "thread");
}

}  // namespace
}  // namespace regatta::test
