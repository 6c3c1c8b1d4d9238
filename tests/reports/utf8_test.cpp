// SPDX-License-Identifier: Apache-2.0
#include "reports/utf8.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

const std::string bad = "\uFFFD";

TEST(ValidUtf8, LeavesWellFormedTextAlone) {
  for (const std::string text :
       {"", "ascii", "größer", "€ 5", "😀", "\U0010FFFF", "\uFFFD", "\u0080", "\u07FF", "\u0800"}) {
    EXPECT_EQ(valid_utf8(text), text);
  }
  const std::string zero("a\0b", 3);
  EXPECT_EQ(valid_utf8(zero), zero);
}

TEST(ValidUtf8, ReplacesEveryStrayByte) {
  EXPECT_EQ(valid_utf8("a\xff"
                       "b"),
            "a" + bad + "b");
  EXPECT_EQ(valid_utf8("\x80"), bad);
  EXPECT_EQ(valid_utf8("\xfe\xff"), bad + bad);
}

TEST(ValidUtf8, ReplacesWhatIsCutShort) {
  EXPECT_EQ(valid_utf8("\xc3"), bad);
  EXPECT_EQ(valid_utf8("\xe2\x82"), bad + bad);
  EXPECT_EQ(valid_utf8("\xf0\x9f\x98z"), bad + bad + bad + "z");
}

TEST(ValidUtf8, ReplacesOverlongFormsSurrogatesAndWhatIsBeyondUnicode) {
  EXPECT_EQ(valid_utf8("\xc0\xaf"), bad + bad);
  EXPECT_EQ(valid_utf8("\xc1\xbf"), bad + bad);
  EXPECT_EQ(valid_utf8("\xe0\x9f\xbf"), bad + bad + bad);
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), bad + bad + bad);
  EXPECT_EQ(valid_utf8("\xf0\x8f\xbf\xbf"), bad + bad + bad + bad);
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), bad + bad + bad + bad);
  EXPECT_EQ(valid_utf8("\xf5\x80\x80\x80"), bad + bad + bad + bad);
}

}  // namespace
}  // namespace regatta::test
