// SPDX-License-Identifier: Apache-2.0
#include "reports/text_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace regatta {
namespace {

using ::testing::ElementsAre;

table_column column(std::string title, int importance, std::vector<std::string> cells,
                    bool right = true) {
  return {std::move(title), right, importance, std::move(cells)};
}

TEST(TextTable, AlignsColumnsTwoSpacesApart) {
  EXPECT_THAT(
      render_table({column("name", 0, {"a", "longer"}, false), column("n", 1, {"1", "200"})}, 80),
      ElementsAre("name      n", "a         1", "longer  200"));
}

TEST(TextTable, HasNoTrailingSpaces) {
  const auto lines = render_table(
      {column("left", 0, {"a", "much longer"}, false), column("also left", 1, {"", "x"}, false)},
      80);
  EXPECT_THAT(lines, ElementsAre("left         also left", "a", "much longer  x"));
}

TEST(TextTable, CountsCharactersAndNotBytes) {
  EXPECT_EQ(display_width("12.3 µs"), 7U);
  EXPECT_EQ(display_width("–"), 1U);
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_THAT(render_table({column("p50", 0, {"9.99 µs", "–"}), column("x", 0, {"1", "2"})}, 80),
              ElementsAre("    p50  x", "9.99 µs  1", "      –  2"));
}

std::vector<table_column> wide() {
  return {column("backend", 0, {"coroutine+thread"}, false),
          column("items/s", 1, {"123,456"}),
          column("ratio [interval]", 2, {"1.94 [1.90, 1.99]"}),
          column("p50", 3, {"12.3 ms"}),
          column("p99", 4, {"45.6 ms"}),
          column("memory", 6, {"256 MiB"})};
}

TEST(TextTable, DropsTheLeastImportantColumnsWhenItIsNarrow) {
  EXPECT_THAT(render_table(wide(), 60),
              ElementsAre("backend           items/s   ratio [interval]      p50",
                          "coroutine+thread  123,456  1.94 [1.90, 1.99]  12.3 ms"));
  EXPECT_THAT(render_table(wide(), 40),
              ElementsAre("backend           items/s", "coroutine+thread  123,456"));
}

TEST(TextTable, KeepsTheColumnsThatNeverGo) {
  EXPECT_THAT(render_table(wide(), 5), ElementsAre("backend", "coroutine+thread"));
}

TEST(TextTable, NoLineIsWiderThanAsked) {
  for (std::size_t width = 16; width < 100; ++width) {
    for (const std::string& line : render_table(wide(), width)) {
      EXPECT_LE(display_width(line), width) << line;
    }
  }
  EXPECT_EQ(display_width(render_table(wide(), 71)[1]), 71U) << "all columns fit exactly";
  EXPECT_EQ(display_width(render_table(wide(), 70)[1]), 62U);
}

TEST(TextTable, MissingCellsAreEmptyAndNoColumnsAreNoTrouble) {
  EXPECT_THAT(render_table({column("a", 0, {"1", "2"}), column("b", 0, {"3"})}, 80),
              ElementsAre("a  b", "1  3", "2"));
  EXPECT_THAT(render_table({}, 80), ElementsAre(""));
}

TEST(Wrap, BreaksAtSpacesAndIndentsUnderTheFirstWord) {
  EXPECT_EQ(wrap("one two three four", "  note  ", 17),
            "  note  one two\n        three\n        four");
}

TEST(Wrap, WhatFitsExactlyStaysOnItsLine) {
  EXPECT_EQ(wrap("abc def", "", 7), "abc def");
  EXPECT_EQ(wrap("abc def", "", 6), "abc\ndef");
}

TEST(Wrap, AWordThatIsTooLongHasALineOfItsOwn) {
  EXPECT_EQ(wrap("a incomprehensibilities b", "", 5), "a\nincomprehensibilities\nb");
  EXPECT_EQ(wrap("incomprehensibilities", "- ", 5), "- incomprehensibilities");
}

TEST(Wrap, CountsCharactersAndNotBytes) { EXPECT_EQ(wrap("µµµ µµµ", "", 7), "µµµ µµµ"); }

TEST(Wrap, OfNothingIsTheBeginning) { EXPECT_EQ(wrap("", "  note  ", 80), "  note  "); }

TEST(Wrap, LosesNoWordAtAnyWidth) {
  const std::string text = "coroutine uses 12.3 µs of CPU per item, the runner-up thread 45.6 µs.";
  for (std::size_t width = 1; width < 90; ++width) {
    std::istringstream wrapped(wrap(text, "  ", width));
    std::string joined;
    for (std::string word; wrapped >> word;) joined += (joined.empty() ? "" : " ") + word;
    EXPECT_EQ(joined, text) << width;
  }
}

}  // namespace
}  // namespace regatta
