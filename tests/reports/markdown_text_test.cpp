// SPDX-License-Identifier: Apache-2.0
#include "reports/markdown_text.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

TEST(Markdown, ProseShowsMarkupAsText) {
  EXPECT_EQ(markdown_text("max_rss of *x* is < 5 & > [4]"),
            "max\\_rss of \\*x\\* is \\< 5 \\& \\> \\[4\\]");
  EXPECT_EQ(markdown_text("a|b `c` \\ $d$ ~~e~~"), "a\\|b \\`c\\` \\\\ \\$d\\$ \\~\\~e\\~\\~");
  EXPECT_EQ(markdown_text("1.94 times größer, 5 %"), "1.94 times größer, 5 %");
}

TEST(Markdown, NothingBreaksTheLine) {
  EXPECT_EQ(markdown_text("two\nlines\r\n\t"), "two lines   ");
  EXPECT_EQ(markdown_code("two\nlines"), "`two lines`");
}

TEST(Markdown, NamesAreCode) {
  EXPECT_EQ(markdown_code("BM_x<int>/64"), "`BM_x<int>/64`");
  EXPECT_EQ(markdown_code("a|b_c"), "<code>a&#124;b&#95;c</code>");
  EXPECT_EQ(markdown_code("`<b>&"), "<code>&#96;&#60;b&#62;&#38;</code>");
  EXPECT_EQ(markdown_code(""), "");
  EXPECT_EQ(markdown_code("  "), "");
}

TEST(Markdown, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(markdown_text("\xff"), "\uFFFD");
  EXPECT_EQ(markdown_code("\xff"), "`\uFFFD`");
}

TEST(Markdown, ASectionFoldsWithOneEmptyLineAroundItsMarkdown) {
  for (const char* body : {"- a", "- a\n", "- a\n\n\n"}) {
    EXPECT_EQ(markdown_details("Why", body),
              "<details><summary>Why</summary>\n\n- a\n\n</details>\n");
  }
}

}  // namespace
}  // namespace regatta::test
