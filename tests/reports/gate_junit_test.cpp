// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_junit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <locale>

#include "tests/reports/judged.hpp"
#include "tests/reports/junit_schema.hpp"

namespace regatta::test {
namespace {

using enum gate_verdict;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The test case of that name, from its tag to the next one's.
std::string case_of(const std::string& xml, const std::string& name) {
  const auto from = xml.find("<testcase name=\"" + name + "\"");
  if (from == std::string::npos) return "";
  return xml.substr(from, xml.find("<testcase", from + 1) - from);
}

struct decimal_comma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(GateJunit, KeepsToTheSchema) {
  EXPECT_EQ(junit_complaints(render_gate_junit(mixed_gate())), "");
  EXPECT_EQ(junit_complaints(render_gate_junit(gate_of({}))), "");
  auto evil = judged("]]>\x01\xff&\"<a>\uFFFF\n", regressed, 1.5);
  evil.reason = "\x02\x03 <![CDATA[ \"";
  EXPECT_EQ(junit_complaints(render_gate_junit(gate_of({evil}))), "");
}

TEST(GateJunit, TheSchemaRefusesWhatReadersWould) {
  EXPECT_THAT(junit_complaints("<testsuites/>"), HasSubstr("name"));
  std::string xml = render_gate_junit(mixed_gate());
  xml.replace(xml.find("time=\"42.5"), 10, "time=\"42,5");
  EXPECT_THAT(junit_complaints(xml), HasSubstr("42,5"));
}

TEST(GateJunit, TheCandidateIsTheSuite) {
  const std::string xml = render_gate_junit(mixed_gate());
  EXPECT_THAT(xml,
              HasSubstr("<testsuite name=\"new/bench\" tests=\"7\" failures=\"1\" errors=\"1\" "
                        "skipped=\"3\" time=\"42.500000\" timestamp=\"2026-01-31T08:05:09\" "
                        "hostname=\"runner-1\">"));
  EXPECT_THAT(xml, HasSubstr("<property name=\"baseline\" value=\"old/bench\"/>"));
}

TEST(GateJunit, ARegressionThatBlocksIsAFailure) {
  const std::string one = case_of(render_gate_junit(mixed_gate()), "BM_parse&lt;int&gt;/64");
  EXPECT_THAT(one, AllOf(HasSubstr("<failure message=\"real_time is 1.25"),
                         HasSubstr("type=\"PerformanceRegression\">worse × 1.248 [1.246, 1.250] "
                                   "over 12 pairs; the margin is 5 %</failure>")));
}

TEST(GateJunit, WhatOnlyWarnsOrIsInconclusiveIsSkippedWithItsReason) {
  const std::string xml = render_gate_junit(mixed_gate());
  EXPECT_THAT(case_of(xml, "BM_muted"),
              AllOf(HasSubstr("<skipped message=\"regressed (muted); real_time"),
                    HasSubstr("issue 12"), Not(HasSubstr("<failure"))));
  EXPECT_THAT(case_of(xml, "BM_warned"), HasSubstr("<skipped message=\"regressed (warns); "));
  EXPECT_THAT(case_of(xml, "BM_unclear"), HasSubstr("<skipped message=\"inconclusive; "));
}

TEST(GateJunit, WhatFailedIsAnError) {
  EXPECT_THAT(case_of(render_gate_junit(mixed_gate()), "BM_broken"),
              AllOf(HasSubstr("<error message=\"The candidate was killed by signal 11"),
                    HasSubstr("type=\"BenchmarkFailed\"")));
}

TEST(GateJunit, WhatIsFineHasNoResult) {
  const std::string xml = render_gate_junit(mixed_gate());
  for (const char* fine : {"BM_same", "BM_better"}) {
    EXPECT_THAT(case_of(xml, fine), AllOf(Not(HasSubstr("<failure")), Not(HasSubstr("<error")),
                                          Not(HasSubstr("<skipped")), HasSubstr("<testcase")));
  }
}

TEST(GateJunit, NothingFailsWhereTheMachineCannotTell) {
  gate_result result = gate_of({judged("a", regressed, 1.5)});
  result.unfit = "The baseline is 1.2 times its own copy.";
  EXPECT_THAT(render_gate_junit(result),
              AllOf(Not(HasSubstr("<failure")), HasSubstr("unfit environment: The baseline")));
}

TEST(GateJunit, HasTheFiguresAsPropertiesInTheCLocale) {
  gate_result result = mixed_gate();
  result.comparisons[1].median_candidate = 1234567.5;
  const std::locale before =
      std::locale::global(std::locale(std::locale::classic(), new decimal_comma));
  const std::string one = case_of(render_gate_junit(result), "BM_better");
  std::locale::global(before);
  EXPECT_THAT(one, AllOf(HasSubstr("<property name=\"verdict\" value=\"improved\"/>"),
                         HasSubstr("<property name=\"worse_by\" value=\"0.79"),
                         HasSubstr("<property name=\"interval\" value=\"[0.79"),
                         HasSubstr("<property name=\"pairs\" value=\"12\"/>"),
                         HasSubstr("<property name=\"margin\" value=\"0.05\"/>"),
                         HasSubstr("value=\"1234567.5 s\"/>")));
}

}  // namespace
}  // namespace regatta::test
