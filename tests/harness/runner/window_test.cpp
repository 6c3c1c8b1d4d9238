// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/window.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(ChooseWindow, HoldsTwoItemsOfTheSlowestInARaceAndTenOtherwise) {
  EXPECT_EQ(choose_window({.longest_item = 0.03, .left = 3600, .rivals = 11}), 60ms);
  EXPECT_EQ(choose_window({.longest_item = 0.03, .left = 3600, .rivals = 11, .race = false}),
            300ms);
}

TEST(ChooseWindow, IsNeverTooShortToBeWorthAnEpochNorLongerThanASecond) {
  EXPECT_EQ(choose_window({.longest_item = 1e-6, .left = 3600, .rivals = 11}), 20ms);
  EXPECT_EQ(choose_window({.longest_item = 1e-6, .left = 0, .rivals = 11}), 20ms);
  EXPECT_EQ(choose_window({.longest_item = 60, .left = 3600, .rivals = 2}), 1s);
}

TEST(ChooseWindow, ShrinksToOneItemForTheBlocksARaceNeeds) {
  const window_needs hasty{.longest_item = 0.03, .left = 1, .rivals = 11, .race = false};
  EXPECT_EQ(choose_window(hasty), 30ms);
  window_needs between = hasty;
  between.left = 48;
  const nanoseconds window = choose_window(between);
  EXPECT_GT(window, 30ms);
  EXPECT_LT(window, 300ms);
  EXPECT_LE(24 * 11 * window, 48s) << "24 blocks fit";
  between.overhead = 0.5;
  EXPECT_LT(choose_window(between), window) << "ramps and drains take their part";
}

TEST(LengthenWindow, SpendsTwoThirdsOfTheTimeOnMeasuringWhereThereIsTime) {
  const window_needs needs{.overhead = 0.2, .left = 3600, .rivals = 4};
  EXPECT_EQ(lengthen_window(20ms, needs), 100ms);
  EXPECT_EQ(lengthen_window(150ms, needs), 150ms) << "it never shrinks";
  window_needs hasty = needs;
  hasty.left = 4.8;
  EXPECT_NEAR(lengthen_window(20ms, hasty) / 1.0ms, 50, 1e-3)
      << "12 blocks of 4 * 50 ms and 200 ms";
  hasty.left = 0;
  EXPECT_EQ(lengthen_window(20ms, hasty), 20ms);
}

TEST(ChooseWindow, AnOpenLoopIsLongEnoughToSeeP99) {
  EXPECT_EQ(choose_window({.longest_item = 1e-3, .left = 60, .rivals = 2, .rate = 300}), 500ms);
  EXPECT_EQ(choose_window({.longest_item = 1e-3, .left = 60, .rivals = 2, .rate = 1}), 2s);
  EXPECT_EQ(choose_window({.longest_item = 0.05, .left = 60, .rivals = 2, .rate = 1e6}), 100ms);
}

TEST(ChooseWindow, AClosedLoopIsSoToWhereLatencyIsTheObjectiveAndThereIsTime) {
  const window_needs needs{.longest_item = 1e-3, .left = 3600, .rivals = 2, .by_p99 = true};
  EXPECT_EQ(choose_window(needs), 300ms);
  window_needs hasty = needs;
  hasty.left = 0;
  EXPECT_EQ(choose_window(hasty), 20ms);
}

}  // namespace
}  // namespace regatta::test
