// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/proc_text.hpp"

#include <gtest/gtest.h>

namespace regatta::proc_text {
namespace {

TEST(ProcText, ValuesAreFoundByTheirWholeName) {
  constexpr std::string_view text = "Pss_Anon: 7 kB\nPss:   12 kB\nmodel name\t: A B\nnr 3\n";
  EXPECT_EQ(value_of(text, "Pss"), "12 kB");
  EXPECT_EQ(count_of(text, "Pss"), 12U);
  EXPECT_EQ(value_of(text, "model name"), "A B");
  EXPECT_EQ(count_of(text, "nr"), 3U);
  EXPECT_EQ(value_of(text, "Anon"), std::nullopt);
  EXPECT_EQ(value_of(text, "n"), std::nullopt);
  EXPECT_EQ(count_of(text, "model name"), std::nullopt);
}

TEST(ProcText, ANumberIsTheWholeText) {
  EXPECT_EQ(number<int>(" 12\n"), 12);
  EXPECT_EQ(number<int>("12x"), std::nullopt);
  EXPECT_EQ(number<int>(""), std::nullopt);
  EXPECT_EQ(number<unsigned>("-1"), std::nullopt);
  EXPECT_EQ(number<int>("99999999999999999999"), std::nullopt);
}

TEST(ProcText, WordsEndWithTheLine) {
  std::string_view line = "  a\t bc ";
  EXPECT_EQ(next_word(line), "a");
  EXPECT_EQ(next_word(line), "bc");
  EXPECT_EQ(next_word(line), "");
  EXPECT_EQ(next_word(line), "");
}

TEST(ProcText, AFileThatIsNotThereIsUnknown) {
  EXPECT_EQ(read_file("/proc/self/no such file"), std::nullopt);
  EXPECT_EQ(read_file("/proc"), std::nullopt);
}

}  // namespace
}  // namespace regatta::proc_text
