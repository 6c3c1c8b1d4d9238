// SPDX-License-Identifier: Apache-2.0
#include "reports/figures.hpp"

#include <gtest/gtest.h>

namespace regatta {
namespace {

TEST(Figures, SecondsHaveThreeDigitsAndTheUnitThatFits) {
  EXPECT_EQ(show_seconds(1.5), "1.50 s");
  EXPECT_EQ(show_seconds(12.34), "12.3 s");
  EXPECT_EQ(show_seconds(123.4), "123 s");
  EXPECT_EQ(show_seconds(0.0123), "12.3 ms");
  EXPECT_EQ(show_seconds(4.56e-6), "4.56 µs");
  EXPECT_EQ(show_seconds(78e-9), "78.0 ns");
  EXPECT_EQ(show_seconds(0.0), "0.00 ns");
}

TEST(Figures, NegativeSecondsKeepTheirSign) {
  EXPECT_EQ(show_seconds(-0.0123), "-12.3 ms");
  EXPECT_EQ(show_seconds(-2.0), "-2.00 s");
}

TEST(Figures, RoundingNeverGivesAFourthDigit) {
  EXPECT_EQ(show_seconds(9.999), "10.0 s");
  EXPECT_EQ(show_seconds(99.99), "100 s");
  EXPECT_EQ(show_ratio(9.996), "10.0");
}

TEST(Figures, RoundingUpToTheNextUnitTakesThatUnit) {
  EXPECT_EQ(show_seconds(0.9999), "1.00 s");
  EXPECT_EQ(show_seconds(0.9999e-3), "1.00 ms");
  EXPECT_EQ(show_seconds(0.9999e-6), "1.00 µs");
}

TEST(Figures, UnknownSecondsAreADash) {
  EXPECT_EQ(show_seconds(std::optional<double>()), "–");
  EXPECT_EQ(show_seconds(std::optional(2.0)), "2.00 s");
}

TEST(Figures, LargeCountsHaveCommas) {
  EXPECT_EQ(show_count(0), "0.00");
  EXPECT_EQ(show_count(7), "7.00");
  EXPECT_EQ(show_count(999), "999");
  EXPECT_EQ(show_count(999.6), "1,000");
  EXPECT_EQ(show_count(1234.5), "1,234");
  EXPECT_EQ(show_count(123456), "123,456");
  EXPECT_EQ(show_count(1234567), "1,234,567");
  EXPECT_EQ(show_count(-123456), "-123,456");
  EXPECT_EQ(show_rate(4890.4), "4,890/s");
}

TEST(Figures, BytesAreInBinaryUnits) {
  EXPECT_EQ(show_bytes(0), "0 B");
  EXPECT_EQ(show_bytes(1023), "1023 B");
  EXPECT_EQ(show_bytes(1024), "1.00 KiB");
  EXPECT_EQ(show_bytes(1023.7 * 1024), "1.00 MiB");
  EXPECT_EQ(show_bytes(256.0 * 1024 * 1024), "256 MiB");
  EXPECT_EQ(show_bytes(5e12), "4657 GiB");
}

TEST(Figures, RatiosHaveThreeDigits) {
  EXPECT_EQ(show_ratio(1.944), "1.94");
  EXPECT_EQ(show_ratio(0.5), "0.50");
  EXPECT_EQ(show_ratio(123.4), "123");
  EXPECT_EQ(show_ratio(999'999), "999999");
  EXPECT_EQ(show_ratio(3e22), "∞");
}

}  // namespace
}  // namespace regatta
