// SPDX-License-Identifier: Apache-2.0
#include "harness/sql/postgresql_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "workloads/io/sql_text.hpp"

namespace regatta::test {
namespace {

constexpr postgresql_type boolean = 16, int8 = 20, int4 = 23, text = 25, float8 = 701,
                          numeric = 1700;

TEST(NumberedPlaceholders, AreCountedFromOne) {
  EXPECT_EQ(numbered_placeholders("SELECT ?"), "SELECT $1");
  EXPECT_EQ(numbered_placeholders("a = ? AND b >= ? LIMIT ?"), "a = $1 AND b >= $2 LIMIT $3");
  EXPECT_EQ(numbered_placeholders("??"), "$1$2");
  EXPECT_EQ(numbered_placeholders("no parameter"), "no parameter");
  EXPECT_EQ(numbered_placeholders(""), "");
}

TEST(NumberedPlaceholders, KeepTheirOwnNumbersAsInSqlite) {
  EXPECT_EQ(numbered_placeholders("SELECT ?1 + 1, ?2"), "SELECT $1 + 1, $2");
  EXPECT_EQ(numbered_placeholders("?3, ?, ?1, ?"), "$3, $4, $1, $5");
}

TEST(NumberedPlaceholders, AreNotSoughtInTextsNamesAndComments) {
  EXPECT_EQ(numbered_placeholders("'?' || ?"), "'?' || $1");
  EXPECT_EQ(numbered_placeholders("'it''s ?' || ?"), "'it''s ?' || $1");
  EXPECT_EQ(numbered_placeholders("\"a?b\" = ?"), "\"a?b\" = $1");
  EXPECT_EQ(numbered_placeholders("-- why?\n?"), "-- why?\n$1");
  EXPECT_EQ(numbered_placeholders("/* ?\n? */ ? - ?"), "/* ?\n? */ $1 - $2");
}

TEST(NumberedPlaceholders, LeaveWhatNeverEndsAlone) {
  EXPECT_EQ(numbered_placeholders("? 'open ?"), "$1 'open ?");
  EXPECT_EQ(numbered_placeholders("? -- ?"), "$1 -- ?");
  EXPECT_EQ(numbered_placeholders("? /* ?"), "$1 /* ?");
}

TEST(PostgresqlParameters, HaveATextAndAType) {
  EXPECT_EQ(parameter_text(std::int64_t{-5'000'000'000}), "-5000000000");
  EXPECT_EQ(parameter_type(std::int64_t{1}), int8);
  EXPECT_EQ(parameter_text(0.1), "0.1");
  EXPECT_EQ(parameter_text(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(parameter_type(0.1), float8);
  EXPECT_EQ(parameter_text(std::string("it's")), "it's");
  EXPECT_EQ(parameter_type(std::string()), text);
  EXPECT_EQ(parameter_text(nullptr), std::nullopt);
  EXPECT_EQ(parameter_type(nullptr), 0U);
}

TEST(PostgresqlParameters, RefuseATextWithAZeroByte) {
  EXPECT_THROW(parameter_text(std::string("with\0zero", 9)), std::invalid_argument);
}

TEST(PostgresqlValues, AreWhatSqliteWouldAnswer) {
  EXPECT_EQ(value_of(int8, "-9223372036854775808"),
            sql_value(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(value_of(int4, "7"), sql_value(std::int64_t{7}));
  EXPECT_EQ(value_of(boolean, "t"), sql_value(std::int64_t{1}));
  EXPECT_EQ(value_of(boolean, "f"), sql_value(std::int64_t{0}));
  EXPECT_EQ(value_of(text, "17"), sql_value(std::string("17")));
  EXPECT_EQ(value_of(float8, "1e+100"), sql_value(1e100));
  EXPECT_EQ(value_of(float8, "-Infinity"), sql_value(-std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(std::isnan(std::get<double>(value_of(float8, "NaN"))));
}

TEST(PostgresqlValues, ASumIsAnIntegerAndAnAverageADouble) {
  EXPECT_EQ(value_of(numeric, "41234"), sql_value(std::int64_t{41234}));
  EXPECT_EQ(value_of(numeric, "1987.0000000000000000"), sql_value(1987.0));
  EXPECT_EQ(value_of(numeric, "1986.3333333333333333"), sql_value(5959.0 / 3));
  // More than an integer holds: SQLite's sum() would have overflowed.
  EXPECT_EQ(value_of(numeric, "92233720368547758070"), sql_value(92233720368547758070.0));
}

// PostgreSQL rounds an average of integers to 16 digits after the point, SQLite divides doubles.
TEST(PostgresqlValues, AveragesOfYearsAreReadAsTheDoublesThatSqliteDivides) {
  for (std::int64_t count = 1; count <= 100; ++count) {
    for (const std::int64_t sum : {1950 * count, 1987 * count + 1, 2024 * count - 1}) {
      // Long division, with the digit after the last to round by.
      std::string digits = std::to_string(sum / count) + '.';
      std::int64_t rest = sum % count;
      for (int i = 0; i < 16; ++i) {
        rest *= 10;
        digits += static_cast<char>('0' + rest / count);
        rest %= count;
      }
      if (2 * rest >= count && digits.back() != '9') ++digits.back();
      const double divided = static_cast<double>(sum) / static_cast<double>(count);
      EXPECT_EQ(value_of(numeric, digits), sql_value(divided)) << sum << " / " << count;
    }
  }
}

TEST(PostgresqlValues, WhatIsNoNumberIsRefused) {
  EXPECT_THROW(value_of(int8, "seven"), std::invalid_argument);
  EXPECT_THROW(value_of(int8, ""), std::invalid_argument);
  EXPECT_THROW(value_of(float8, "1.5x"), std::invalid_argument);
}

TEST(InOneLine, KeepsTheWordsAndDropsTheLayout) {
  EXPECT_EQ(in_one_line("connection refused\n\tIs the server running?\n"),
            "connection refused Is the server running?");
  EXPECT_EQ(in_one_line("  terminated abnormally\nbefore the request.\n"),
            "terminated abnormally before the request");
  EXPECT_EQ(in_one_line("\n"), "");
}

}  // namespace
}  // namespace regatta::test
