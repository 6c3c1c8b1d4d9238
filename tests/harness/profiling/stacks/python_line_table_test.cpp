// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/python_line_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace regatta::profiling {
namespace {

std::vector<std::byte> table(std::initializer_list<unsigned> bytes) {
  std::vector<std::byte> result;
  for (const unsigned byte : bytes) result.push_back(static_cast<std::byte>(byte));
  return result;
}

constexpr unsigned entry(unsigned kind, unsigned units) { return 128U | kind << 3U | (units - 1); }

TEST(PythonLine, FollowsEntriesOfEveryKind) {
  const auto lines = table({
      entry(0, 1), 0x11,                 // bytes 0…1: short form, the same line
      entry(12, 2), 3, 4,                // 2…5: two lines on
      entry(13, 1), 0b000111,            // 6…7: -3
      entry(14, 8), 64 | 8, 2, 1, 1, 1,  // 8…23: +(8 | 2 << 6) / 2 = 68
      entry(15, 1),                      // 24…25: no place
      entry(10, 1), 1, 2,                // 26…27: the same line as before
  });
  EXPECT_EQ(python_line(lines, 10, 0), 10U);
  EXPECT_EQ(python_line(lines, 10, 2), 12U);
  EXPECT_EQ(python_line(lines, 10, 5), 12U);
  EXPECT_EQ(python_line(lines, 10, 6), 9U);
  EXPECT_EQ(python_line(lines, 10, 22), 77U);
  EXPECT_EQ(python_line(lines, 10, 24), std::nullopt);
  EXPECT_EQ(python_line(lines, 10, 26), 77U);
  EXPECT_EQ(python_line(lines, 10, 28), std::nullopt);
}

TEST(PythonLine, DoesNotTrustATable) {
  EXPECT_EQ(python_line({}, 10, 0), std::nullopt);
  EXPECT_EQ(python_line(table({1, 2, 3}), 10, 0), std::nullopt);
  EXPECT_EQ(python_line(table({entry(14, 1), 255, 255, 255}), 10, 100), std::nullopt);
  EXPECT_EQ(python_line(table({entry(13, 1), 0b111111}), 10, 0), std::nullopt);  // line -21
}

}  // namespace
}  // namespace regatta::profiling
