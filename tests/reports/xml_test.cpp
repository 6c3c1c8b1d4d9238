// SPDX-License-Identifier: Apache-2.0
#include "reports/xml.hpp"

#include <gtest/gtest.h>

namespace regatta::test {
namespace {

TEST(Xml, EscapesMarkup) {
  EXPECT_EQ(escape_xml("a < b && c > \"d\" 'e'"), "a &lt; b &amp;&amp; c &gt; &quot;d&quot; 'e'");
  EXPECT_EQ(escape_xml("]]>"), "]]&gt;");
  EXPECT_EQ(escape_xml("&amp;"), "&amp;amp;") << "what is escaped already is text like any other";
}

TEST(Xml, KeepsWhiteSpaceThroughTheNormalisationOfAttributes) {
  EXPECT_EQ(escape_xml("a\tb\nc\rd e"), "a&#9;b&#10;c&#13;d e");
}

TEST(Xml, ReplacesWhatItCannotSay) {
  for (char control = 1; control < 0x20; ++control) {
    if (control == '\t' || control == '\n' || control == '\r') continue;
    EXPECT_EQ(escape_xml(std::string(1, control)), "\uFFFD") << static_cast<int>(control);
  }
  EXPECT_EQ(escape_xml(std::string(1, '\0')), "\uFFFD");
  EXPECT_EQ(escape_xml("\uFFFE\uFFFF"), "\uFFFD\uFFFD");
  EXPECT_EQ(escape_xml("\xff"), "\uFFFD");
}

TEST(Xml, KeepsEveryOtherCharacter) {
  const std::string text = "größer 😀 \u007f \uFFFD \uE000";
  EXPECT_EQ(escape_xml(text), text);
}

TEST(Xml, IsIndentedAndSaysWhatItIs) {
  EXPECT_EQ(render_xml({"a", {{"k", "1<2"}}, "", {{"b"}, {"c", {}, "text"}}}),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<a k=\"1&lt;2\">\n"
            "  <b/>\n"
            "  <c>text</c>\n"
            "</a>\n");
}

}  // namespace
}  // namespace regatta::test
