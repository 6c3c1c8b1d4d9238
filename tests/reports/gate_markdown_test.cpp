// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_markdown.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "reports/utf8.hpp"
#include "tests/reports/judged.hpp"
#include "tests/reports/table_rows.hpp"

namespace regatta::test {
namespace {

using enum gate_verdict;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(GateMarkdown, BeginsWithTheMarkerAndTheVerdict) {
  EXPECT_THAT(render_gate_markdown(mixed_gate()),
              StartsWith("<!-- regatta-gate -->\n### Blocked: 1 of 7 comparisons"));
}

TEST(GateMarkdown, ShowsWhatChangedAndFoldsTheRest) {
  const std::string text = render_gate_markdown(mixed_gate());
  const auto fold = text.find("<details>");
  EXPECT_LT(text.find("| **regressed** | `BM_parse<int>/64` | 1.248 \\[1.246, 1.250\\] | 12 | "
                      "10.0 ms → 12.5 ms | 5 % |"),
            fold);
  for (const char* changed : {"BM_better", "BM_unclear", "BM_broken", "BM_muted"}) {
    EXPECT_LT(text.find(changed), fold) << changed;
  }
  EXPECT_GT(text.find("`BM_same`"), text.find("<summary>1 not changed</summary>"));
}

TEST(GateMarkdown, WithoutChangesHasNoTableBeforeTheFold) {
  const std::string text = render_gate_markdown(gate_of({judged("BM_same", equivalent, 1)}));
  EXPECT_THAT(text, HasSubstr("### Passed: nothing regressed"));
  EXPECT_GT(text.find("| verdict |"), text.find("1 not changed"));
}

TEST(GateMarkdown, SaysWhyAndWhatWasOdd) {
  gate_result result = mixed_gate();
  result.warnings = {"BM_gone is in the baseline only"};
  const std::string text = render_gate_markdown(result);
  EXPECT_THAT(text, HasSubstr("- `BM_broken`: The candidate was killed by signal 11"));
  EXPECT_THAT(text, HasSubstr("(rule: issue 12)"));
  EXPECT_THAT(text, HasSubstr("- BM\\_gone is in the baseline only"));
}

TEST(GateMarkdown, EveryRowHasSixCellsWhateverTheNames) {
  const std::string text = render_gate_markdown(gate_of(
      {judged("a|b", regressed, 1.3), judged("`|\\|`", regressed, 1.3),
       judged("two\nlines", improved, 0.5), judged("<img src=x>", inconclusive, 1.1),
       judged("\\|", equivalent, 1), judged("\xff", equivalent, 1), judged("", equivalent, 1)}));
  const auto rows = bars_of_rows(text);
  EXPECT_EQ(rows.size(), 2 * 2 + 7U);
  EXPECT_THAT(rows, ::testing::Each(7U)) << text;
  EXPECT_THAT(text, HasSubstr("`<img src=x>`"));
  EXPECT_EQ(valid_utf8(text), text);
}

gate_result long_gate(std::size_t name_size) {
  std::vector<gate_comparison> many;
  for (int i = 0; i < 600; ++i) {
    many.push_back(judged("BM_" + std::to_string(i) + std::string(name_size, 'x'),
                          i % 2 == 0 ? regressed : equivalent, 1.3));
    many.back().reason = std::string(5000, 'y');
    many.back().rule.reason = std::string(5000, 'z');
  }
  gate_result result = gate_of(std::move(many));
  result.warnings.assign(200, std::string(10000, 'w'));
  result.candidate.what = std::string(100000, 'c');
  result.where.cpu_model = std::string(100000, 'm');
  return result;
}

TEST(GateMarkdown, IsNeverTooLongForAComment) {
  for (std::size_t name_size = 180; name_size < 190; ++name_size) {
    const std::string text = render_gate_markdown(long_gate(name_size));
    EXPECT_LE(text.size(), 60'000U);
    EXPECT_GT(text.size(), 58'000U) << "what fits is to be shown";
    EXPECT_THAT(text, HasSubstr("more; the JSON report has them all."));
    EXPECT_EQ(count(text, "<details>"), count(text, "</details>"));
  }
  gate_result unfit = long_gate(180);
  unfit.unfit = std::string(100000, 'u');
  EXPECT_LE(render_gate_markdown(unfit).size(), 60'000U);
}

TEST(GateMarkdown, IsCutBetweenCharacters) {
  for (std::size_t shift = 0; shift < 8; ++shift) {
    gate_comparison one = judged(std::string(shift, 'x'), equivalent, 1);
    for (int i = 0; i < 80; ++i) one.name += "größer";
    const std::string text = render_gate_markdown(gate_of({one}));
    EXPECT_THAT(text, AllOf(HasSubstr("…`"), Not(HasSubstr("\uFFFD"))));
  }
}

}  // namespace
}  // namespace regatta::test
