// SPDX-License-Identifier: Apache-2.0
#include "workloads/cpu/text_cleaning.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/workloads/opened_workload.hpp"
#include "tests/workloads/temporary_directory.hpp"

namespace regatta::test {
namespace {

using views = std::vector<std::string_view>;

// The expected values are Python's: " ".join(text.split()), text.lower(), word.strip(…).

TEST(NormalSpaces, AreOneBetweenWordsAndNoneAround) {
  EXPECT_EQ(normal_spaces("  the \t\n tide\r\n"), "the tide");
  EXPECT_EQ(normal_spaces(""), "");
  EXPECT_EQ(normal_spaces(" \n "), "");
  EXPECT_EQ(normal_spaces("one"), "one");
}

TEST(NormalSpaces, KnowTheWhiteSpaceOfUnicode) {
  for (const char* space : {"\u0085", "\u00a0", "\u1680", "\u2000", "\u2003", "\u200a", "\u2028",
                            "\u2029", "\u202f", "\u205f", "\u3000", "\x1c", "\v", "\f"}) {
    EXPECT_EQ(normal_spaces(std::string("a") + space + "b"), "a b") << space;
    EXPECT_EQ(normal_spaces(std::string("a") + space), "a") << space;
  }
  // Not white space to Python: zero width space, word joiner, mongolian vowel separator, é.
  for (const char* none : {"\u200b", "\u2060", "\u180e", "\u00e9", "\u3001", "\u2010"}) {
    const std::string text = std::string("a") + none + "b";
    EXPECT_EQ(normal_spaces(text), text) << none;
  }
}

TEST(NormalSpaces, LeaveBytesThatAreNoUtf8) {
  for (const char* text : {"a\xc2", "a\xe2\x80", "\xff\xfe", "\xe3\x80"}) {
    EXPECT_EQ(normal_spaces(text), text);
  }
}

TEST(LowerCase, IsOfAsciiAndLatin1) {
  EXPECT_EQ(lower_case("The TIDE, @[`{ 09"), "the tide, @[`{ 09");
  EXPECT_EQ(lower_case("\u00c9COLE \u00c0\u00d6\u00d8\u00de"),
            "\u00e9cole \u00e0\u00f6\u00f8\u00fe");
  EXPECT_EQ(lower_case("\u00d7 \u00df \u00e9"), "\u00d7 \u00df \u00e9");
  EXPECT_EQ(lower_case("A\xc3"), "a\xc3");
}

TEST(SplitAtSpaces, GivesTheWords) {
  EXPECT_EQ(split_at_spaces("the tide is"), (views{"the", "tide", "is"}));
  EXPECT_TRUE(split_at_spaces("").empty());
}

TEST(WithoutPunctuation, StripsBothEndsOnly) {
  EXPECT_EQ(without_punctuation("\"(tide's).\""), "tide's");
  EXPECT_EQ(without_punctuation("--"), "");
  EXPECT_EQ(without_punctuation("a"), "a");
}

TEST(StopWords, SayNothingAboutAText) {
  for (const char* word : {"a", "the", "would", "had", "and"}) EXPECT_TRUE(is_stop_word(word));
  for (const char* word : {"harbour", "", "The", "thee"}) EXPECT_FALSE(is_stop_word(word));
}

TEST(MostCommon, AreRankedThenAlphabetical) {
  const auto ranked = most_common({"sea", "tide", "bay", "tide", "sea", "ant"}, 3);
  ASSERT_EQ(ranked.size(), 3U);
  EXPECT_EQ(ranked[0], std::pair(std::string_view("sea"), std::uint64_t{2}));
  EXPECT_EQ(ranked[1], std::pair(std::string_view("tide"), std::uint64_t{2}));
  EXPECT_EQ(ranked[2], std::pair(std::string_view("ant"), std::uint64_t{1}));
  EXPECT_TRUE(most_common({}, 3).empty());
}

TEST(TextClean, CountsTheWordsOfADocument) {
  const temporary_directory folder;
  folder.write(
      "one.html",
      "<p>The <b>Tide</b>\u00a0and the\u3000TIDE,<br/>\u00c9cole &amp; \u00e9cole: harbour.</p>");
  workload_options options = quick_options();
  options.input = folder.path();
  opened_workload workload("text-clean", options);
  EXPECT_EQ(workload.instance().distinct_items(), 1U);
  EXPECT_EQ(as_text(workload.answer(0)), "5 words\ntide 2\n\u00e9cole 2\nharbour 1\n");
}

TEST(TextClean, LeavesNeitherMarkupNorStopWordsNorCapitalsInBothColours) {
  opened_workload workload("text-clean", quick_options());
  const buffer answer = workload.answer(7);
  const std::string text(as_text(answer));
  EXPECT_EQ(answer, workload.async_answer(7));
  EXPECT_EQ(text.find_first_of("<>ABCDEFGHIJKLMNOPQRSTUVWXYZ"), std::string::npos) << text;
  EXPECT_EQ(text.find("\nthe "), std::string::npos) << text;
  EXPECT_EQ(text.find("\u3000"), std::string::npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 100) << text;
  EXPECT_NE(answer, workload.answer(8));
}

TEST(TextClean, ItsPayloadIsTheSizeOfADocument) {
  workload_options options = quick_options();
  options.parameters["payload"] = 3000;
  const opened_workload workload("text-clean", options);
  EXPECT_GE(workload.input(0).size(), 3000U);
  EXPECT_LE(workload.input(0).size(), 5000U) << "a paragraph too many at most";
}

}  // namespace
}  // namespace regatta::test
