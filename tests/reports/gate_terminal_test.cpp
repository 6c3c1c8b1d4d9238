// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_terminal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "reports/text_table.hpp"
#include "tests/reports/judged.hpp"

namespace regatta::test {
namespace {

using enum gate_verdict;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string line_with(const std::string& text, const std::string& part) {
  for (const std::string& line : lines_of(text)) {
    if (line.find(part) != std::string::npos) return line;
  }
  return "";
}

TEST(GateTerminal, HasALinePerComparisonWithItsVerdictEffectAndPairs) {
  const std::string text = render_gate(mixed_gate(), {.columns = 100});
  EXPECT_THAT(line_with(text, "BM_parse<int>/64  "),
              AllOf(HasSubstr("regressed "), HasSubstr("1.248 [1.246, 1.250]"), HasSubstr(" 12 "),
                    HasSubstr("5 %"), HasSubstr("10.0 ms"), HasSubstr("12.5 ms")));
  EXPECT_THAT(line_with(text, "BM_muted"), HasSubstr("regressed (muted)"));
  EXPECT_THAT(line_with(text, "BM_warned"), HasSubstr("regressed (warns)"));
  EXPECT_THAT(line_with(text, "BM_broken  "), AllOf(HasSubstr("failed"), HasSubstr("–")));
  EXPECT_THAT(line_with(text, "BM_same"), HasSubstr("equivalent"));
}

TEST(GateTerminal, WhatBlocksComesFirst) {
  const auto lines = lines_of(render_gate(mixed_gate(), {.columns = 100}));
  const std::vector<std::string> order{"BM_parse",   "BM_broken", "BM_muted", "BM_warned",
                                       "BM_unclear", "BM_better", "BM_same"};
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_THAT(lines[1 + i], HasSubstr(order[i]));
}

TEST(GateTerminal, EndsWithWhatItComesTo) {
  const std::string text = render_gate(mixed_gate(), {.columns = 200});
  EXPECT_THAT(text, HasSubstr("Blocked: 1 of 7 comparisons regressed by more than the margin"));
  EXPECT_THAT(text, HasSubstr("7 comparisons: 1 regressed, 1 failed, 1 regressed (muted), "
                              "1 regressed (warns), 1 inconclusive, 1 improved, 1 equivalent."));
  EXPECT_THAT(text, HasSubstr("a change for the worse of up to 13 % may have"));
}

TEST(GateTerminal, SaysWhyForWhatNeedsALook) {
  const std::string text = render_gate(mixed_gate(), {.columns = 200});
  EXPECT_THAT(text, HasSubstr("BM_broken: The candidate was killed by signal 11"));
  EXPECT_THAT(text, HasSubstr("(rule: issue 12)"));
  EXPECT_THAT(text, Not(HasSubstr("BM_same: ")));
}

TEST(GateTerminal, HeadlinesSayWhatTheExitCodeWillSay) {
  const auto headline = [](const gate_result& result) { return render_gate(result, {200, false}); };
  EXPECT_THAT(headline(gate_of({judged("a", equivalent, 1)})), HasSubstr("Passed: nothing"));
  EXPECT_THAT(headline(gate_of({judged("a", improved, 0.5)})), HasSubstr("Passed: nothing"));
  EXPECT_THAT(headline(gate_of({judged("a", inconclusive, 1.1)})),
              HasSubstr("not all comparisons came to a verdict"));
  EXPECT_THAT(headline(gate_of({silenced(judged("a", regressed, 1.5))})),
              HasSubstr("Passed: what regressed only warns"));
  EXPECT_THAT(headline(gate_of({judged("a", failed, 1)})), HasSubstr("Failed:"));
  auto cut_short = gate_of({judged("a", inconclusive, 1.1)});
  cut_short.interrupted = true;
  EXPECT_THAT(headline(cut_short), HasSubstr("Interrupted before"));
  auto unfit = gate_of({judged("a", regressed, 1.5)});
  unfit.unfit = "The baseline is 1.2 times its own copy.";
  EXPECT_THAT(headline(unfit), AllOf(HasSubstr("Unfit environment: The baseline is 1.2 times"),
                                     Not(HasSubstr("Blocked"))));
}

TEST(GateTerminal, WhatIsOffIsNoVerdict) {
  auto off = judged("a", inconclusive, 1);
  off.screening = {};
  const std::string text = render_gate(
      gate_of({with_mode(off, gate_mode::off), judged("b", equivalent, 1)}), {200, false});
  EXPECT_THAT(text, HasSubstr("1 equivalent, 1 off."));
  EXPECT_THAT(text, HasSubstr("Passed: nothing regressed"));
}

TEST(GateTerminal, NotWorseIsNoReasonToWorry) {
  auto one = judged("a", inconclusive, 0.96);
  one.not_worse = true;
  const std::string text = render_gate(gate_of({one}), {200, false});
  EXPECT_THAT(text, AllOf(HasSubstr("not worse"), HasSubstr("Passed: nothing regressed"),
                          Not(HasSubstr("inconclusive"))));
}

TEST(GateTerminal, ShowsTheConfirmationRatherThanTheScreening) {
  auto one = judged("a", regressed, 1.5);
  one.confirmation = evidence(1.2, 20);
  EXPECT_THAT(line_with(render_gate(gate_of({one}), {200, false}), "regressed "),
              AllOf(HasSubstr("1.198"), HasSubstr(" 20 ")));
}

TEST(GateTerminal, TellsMetricsOfOneBenchmarkApart) {
  auto second = judged("a", equivalent, 1);
  second.metric = "cpu_time";
  const std::string text = render_gate(gate_of({judged("a", equivalent, 1), second}), {200, false});
  EXPECT_THAT(text, AllOf(HasSubstr("a real_time"), HasSubstr("a cpu_time")));
}

TEST(GateTerminal, FitsSixtyColumnsWhateverTheNames) {
  gate_result result = mixed_gate();
  result.comparisons[0].name = "BM_größer<std::vector<std::pair<int, int>>>/backend:coroutine/4096";
  result.comparisons[2].name = std::string(300, 'x') + "/last";
  for (const std::size_t columns : {60U, 72U, 100U, 140U}) {
    for (const std::string& line : lines_of(render_gate(result, {columns, false}))) {
      EXPECT_LE(display_width(line), columns) << line;
    }
  }
  const std::string text = render_gate(result, {60, false});
  EXPECT_THAT(text,
              AllOf(HasSubstr("BM_"), HasSubstr("/4096"), HasSubstr("…"), HasSubstr("/last")));
}

TEST(GateTerminal, IsInColourOnlyIfAsked) {
  EXPECT_THAT(render_gate(mixed_gate(), {100, false}), Not(HasSubstr("\033")));
  EXPECT_THAT(render_gate(mixed_gate(), {100, true}), HasSubstr("\033[31m"));
}

}  // namespace
}  // namespace regatta::test
