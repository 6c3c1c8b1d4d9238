// SPDX-License-Identifier: Apache-2.0
#include "harness/sql/reconnect_window.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

constexpr reconnect_window::time_point start{1000h};

TEST(ReconnectWindow, IsOpenForAsLongAsThePatienceLasts) {
  const reconnect_window window(5s, start);
  EXPECT_TRUE(window.open(start));
  EXPECT_TRUE(window.open(start + 4999ms));
  EXPECT_FALSE(window.open(start + 5s));
}

TEST(ReconnectWindow, OpensAgainWhenTheServerIsHeardOf) {
  reconnect_window window(5s, start);
  window.heard_of(start + 10min);
  EXPECT_TRUE(window.open(start + 10min + 4s));
  EXPECT_FALSE(window.open(start + 10min + 6s));
}

TEST(ReconnectWindow, WithoutPatienceIsNeverOpen) {
  const reconnect_window window(0s, start);
  EXPECT_FALSE(window.open(start));
}

}  // namespace
}  // namespace regatta::test
