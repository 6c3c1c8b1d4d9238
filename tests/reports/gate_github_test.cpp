// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_github.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/judged.hpp"

namespace regatta::test {
namespace {

using enum gate_verdict;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(GateAnnotations, AreErrorsForWhatFailsTheBuild) {
  const std::string text =
      render_gate_annotations(gate_of({judged("BM_parse", regressed, 1.25)}), "bench/gate.json");
  EXPECT_EQ(text,
            "::error file=bench/gate.json,title=BM_parse%3A regressed::real_time is 1.250000 times "
            "the baseline's.\n");
}

TEST(GateAnnotations, AreWarningsForTheRestThatNeedsALook) {
  const std::string text = render_gate_annotations(mixed_gate());
  EXPECT_EQ(count(text, "::error "), 2U);
  EXPECT_EQ(count(text, "::warning "), 3U);
  EXPECT_THAT(text, HasSubstr("::warning title=BM_muted%3A regressed (muted)::"));
  EXPECT_THAT(text, HasSubstr("(rule: issue 12)"));
  EXPECT_THAT(text, Not(HasSubstr("file=")));
  EXPECT_THAT(text, Not(HasSubstr("BM_same")));
}

TEST(GateAnnotations, AreNoneIfAllIsWell) {
  EXPECT_THAT(
      render_gate_annotations(gate_of({judged("a", equivalent, 1), judged("b", improved, 0.5)})),
      IsEmpty());
}

TEST(GateAnnotations, FailNothingWhereTheMachineCannotTell) {
  gate_result result = gate_of({judged("a", regressed, 1.5)});
  result.unfit = "The baseline is 1.2 times its own copy.";
  const std::string text = render_gate_annotations(result);
  EXPECT_THAT(text, Not(HasSubstr("::error")));
  EXPECT_THAT(text, StartsWith("::warning title=Unfit environment::The baseline is 1.2"));
}

TEST(GateAnnotations, AreEscapedSoThatNoTextBecomesACommand) {
  auto evil = judged("a:b,c%0A\n::set-output name=x::y", regressed, 1.5);
  evil.reason = "100% worse\r\n::add-mask::z";
  const std::string text = render_gate_annotations(gate_of({evil}), "a,b.json");
  EXPECT_EQ(text,
            "::error file=a%2Cb.json,title=a%3Ab%2Cc%250A%0A%3A%3Aset-output name=x%3A%3Ay%3A "
            "regressed::100%25 worse%0D%0A::add-mask::z\n");
  EXPECT_EQ(count(text, "\n"), 1U);
}

TEST(GateAnnotations, AreAtMostTenOfEachAndSayHowManyAreLeftOut) {
  std::vector<gate_comparison> many;
  for (int i = 0; i < 10; ++i) many.push_back(judged("r" + std::to_string(i), regressed, 1.5));
  for (int i = 0; i < 30; ++i) many.push_back(judged("i" + std::to_string(i), inconclusive, 1.1));
  const std::string text = render_gate_annotations(gate_of(many));
  EXPECT_EQ(count(text, "::error "), 10U);
  EXPECT_EQ(count(text, "::warning "), 10U);
  EXPECT_EQ(count(text, "more like these"), 1U) << "ten errors fit";
  EXPECT_THAT(text, EndsWith("::21 more like these; the step summary has them all\n"));
}

TEST(GateAnnotations, HaveAMessageEvenWithoutAReason) {
  auto silent = judged("a", inconclusive, 1.1);
  silent.reason.clear();
  EXPECT_THAT(render_gate_annotations(gate_of({silent})),
              AllOf(HasSubstr("::worse × 1.09"), Not(HasSubstr("::\n"))));
}

}  // namespace
}  // namespace regatta::test
