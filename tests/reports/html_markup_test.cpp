// SPDX-License-Identifier: Apache-2.0
#include "reports/html_markup.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

TEST(HtmlMarkup, TextStaysText) {
  EXPECT_EQ(markup("<script>alert('1')</script> & \"more\"").html(),
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;more&quot;");
  EXPECT_EQ(markup("größer, 速い").html(), "größer, 速い");
}

TEST(HtmlMarkup, BytesThatHtmlCannotHoldAreReplaced) {
  EXPECT_EQ(markup(std::string("a\0b\x1b[31m\n", 9)).html(), "a b [31m\n");
  EXPECT_EQ(markup("a\xff").html(), "a\xef\xbf\xbd") << "no UTF-8";
}

TEST(HtmlMarkup, ValuesOfAttributesAreEscaped) {
  EXPECT_EQ(element("a", {{"title", "\" onclick=\"x"}}, "b").html(),
            "<a title=\"&quot; onclick=&quot;x\">b</a>");
}

TEST(HtmlMarkup, ElementsTakeTextAndElements) {
  const markup both = markup("a < ") + element("b", {}, "c");
  EXPECT_EQ(element("p", {}, both).html(), "<p>a &lt; <b>c</b></p>");
}

TEST(HtmlMarkup, ATableNamesItsRowsAndColumns) {
  const std::string html =
      table("Speed", {{"Approach"}, {"Rate"}, {"Why", false}}, {{"<b>", "1", "2"}}).html();
  for (const char* part :
       {"<caption class=\"unseen\">Speed</caption>", "<th scope=\"row\">&lt;b&gt;</th>",
        "<th scope=\"col\">Rate</th>", "<td>1</td>", "<td class=\"words\">2</td>"}) {
    EXPECT_NE(html.find(part), std::string::npos) << part << " in " << html;
  }
}

}  // namespace
}  // namespace regatta::test
