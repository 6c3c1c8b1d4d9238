// SPDX-License-Identifier: Apache-2.0
#include "workloads/mixed/retrieval_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace regatta::test {
namespace {

using texts = std::vector<std::string>;

texts strings(const std::vector<std::string_view>& views) { return {views.begin(), views.end()}; }

TEST(StripMarkup, LeavesTheWords) {
  EXPECT_EQ(strip_markup("<h1>The  River</h1>\n<!-- <p>no</p> -->and &amp; the<b>sea</b>."),
            "The River and the sea .");
}

TEST(StripMarkup, KeepsWhatOnlyLooksLikeMarkup) {
  EXPECT_EQ(strip_markup("a < b"), "a b");
  EXPECT_EQ(strip_markup("this & that, far from any semicolon, is no entity;"),
            "this that, far from any semicolon, is no entity;");
  EXPECT_EQ(strip_markup("<!-- open"), "!-- open");
  EXPECT_EQ(strip_markup(""), "");
}

TEST(StripMarkup, TakesNoSquareOfTheTimeForMarkupThatNeverEnds) {
  EXPECT_EQ(strip_markup(std::string(4U << 20U, '<')), "");  // minutes, if each looked for its end
  std::string comments;
  for (int i = 0; i < 1 << 18; ++i) comments += "<!-- &";
  EXPECT_EQ(strip_markup(comments + "end").substr(0, 10), "!-- !-- !-");
}

TEST(OverlappingPassages, CoverTheText) {
  EXPECT_EQ(strings(overlapping_passages("a b, c d e!", 2, 1)),
            (texts{"a b", "b, c", "c d", "d e"}));
  EXPECT_EQ(strings(overlapping_passages("a b c", 10, 5)), texts{"a b c"});
  EXPECT_TRUE(overlapping_passages(" . ", 2, 1).empty());
}

TEST(FrequentWords, AreLongAndRankedThenAlphabetical) {
  EXPECT_EQ(frequent_words("the River the river HARBOUR anchor the", 2),
            (texts{"river", "anchor"}));
  EXPECT_TRUE(frequent_words("a an the", 3).empty());
}

TEST(ClosestPassages, ShareTheirLettersWithTheText) {
  const std::vector<std::string_view> passages = {"zzz qqq", "the river bank", "river"};
  EXPECT_EQ(strings(closest_passages(passages, "rivers", 2)), (texts{"river", "the river bank"}));
  EXPECT_EQ(closest_passages(passages, "", 5).size(), 3u);
}

}  // namespace
}  // namespace regatta::test
