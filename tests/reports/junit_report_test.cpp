// SPDX-License-Identifier: Apache-2.0
#include "reports/junit_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/junit_schema.hpp"
#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string xml_of(const run_result& run) {
  std::vector<recommendation> advice;
  for (const workload_result& each : run.workloads) advice.push_back(recommend(each, run));
  std::string xml = render_junit(run, advice);
  EXPECT_EQ(junit_complaints(xml), "");
  return xml;
}

run_result run_of(std::vector<cell_result> cells) {
  run_result run;
  run.plan.race = false;
  run.where.hostname = "runner-1";
  run.where.started_at = "2026-01-31T08:05:09Z";
  run.workloads.push_back(measured(std::move(cells)));
  run.workloads.back().seconds = 12.25;
  return run;
}

std::string case_of(const std::string& xml, const std::string& name) {
  const auto from = xml.find("<testcase name=\"" + name + "\"");
  if (from == std::string::npos) return "";
  return xml.substr(from, xml.find("<testcase", from + 1) - from);
}

TEST(JunitReport, AWorkloadIsASuiteAndABackendACase) {
  run_result run = run_of({cell("thread", around(100)), cell("coroutine", around(200))});
  for (epoch_sample& epoch : run.workloads[0].cells[0].epochs) epoch.elapsed = 0.25;
  const std::string xml = xml_of(run);
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"tokenize (CPU-bound; closed loop, 8 in flight)\" "
                             "tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\" "
                             "time=\"12.250000\" timestamp=\"2026-01-31T08:05:09\" "
                             "hostname=\"runner-1\">"));
  EXPECT_THAT(xml, HasSubstr("<property name=\"recommendation\" value=\"Use coroutine: 2.00"));
  EXPECT_THAT(case_of(xml, "thread"),
              AllOf(HasSubstr("classname=\"regatta.tokenize\" time=\"5.000000\""),
                    HasSubstr("<property name=\"leader_over_this\" value=\"2\"/>"),
                    HasSubstr("<property name=\"epochs\" value=\"20\"/>")));
}

TEST(JunitReport, EveryOutcomeHasItsElement) {
  auto wrong = ended("wrong", outcome::wrong_answer, "2 of 10 answers were wrong");
  wrong.first_failure = "item 3: 0x12 instead of 0x34";
  const std::string xml = xml_of(run_of(
      {cell("fine", around(100)), wrong, ended("dead", outcome::crashed, "killed by signal 11"),
       ended("slow", outcome::timed_out, "silent for 30 s"),
       ended("bad", outcome::failed, "no such host"),
       ended("none", outcome::unavailable, "built without TBB")}));
  EXPECT_THAT(xml, HasSubstr("tests=\"6\" failures=\"1\" errors=\"3\" skipped=\"1\""));
  EXPECT_THAT(case_of(xml, "fine"), AllOf(Not(HasSubstr("<failure")), Not(HasSubstr("<error"))));
  EXPECT_THAT(case_of(xml, "wrong"),
              HasSubstr("<failure message=\"2 of 10 answers were wrong\" type=\"WrongAnswer\">item "
                        "3: 0x12 instead of 0x34</failure>"));
  EXPECT_THAT(case_of(xml, "dead"),
              HasSubstr("<error message=\"killed by signal 11\" type=\"Crashed\"/>"));
  EXPECT_THAT(case_of(xml, "slow"), HasSubstr("type=\"TimedOut\"/>"));
  EXPECT_THAT(case_of(xml, "bad"), HasSubstr("type=\"Failed\"/>"));
  EXPECT_THAT(case_of(xml, "none"), HasSubstr("<skipped message=\"built without TBB\"/>"));
}

TEST(JunitReport, AWrongAnswerHasNoFigures) {
  auto wrong = cell("wrong", around(100));
  wrong.ended = outcome::wrong_answer;
  EXPECT_THAT(case_of(xml_of(run_of({wrong})), "wrong"),
              AllOf(HasSubstr("<failure message=\"wrong answer\""), Not(HasSubstr("per_second"))));
}

TEST(JunitReport, WhatAnInterruptionKeptFromRunningIsSkipped) {
  EXPECT_THAT(case_of(xml_of(run_of({cell("late", {})})), "late"),
              HasSubstr("<skipped message=\"not measured before the run ended\"/>"));
}

TEST(JunitReport, WhatWasFoundIsTheOutputOfItsCase) {
  const auto blocked = with_findings(cell("coroutine", around(100)), {blocked_loop()});
  const std::string xml = xml_of(run_of({blocked, cell("tbb", around(50))}));
  EXPECT_THAT(case_of(xml, "coroutine"),
              HasSubstr("<system-out>An event loop was blocked for more than 10 ms 312 times."
                        "</system-out>"));
  EXPECT_THAT(case_of(xml, "tbb"), Not(HasSubstr("system-out")));
}

TEST(JunitReport, AWorkloadThatWasNotRunIsAnError) {
  run_result run = run_of({});
  run.workloads[0].not_run = "no such folder";
  EXPECT_THAT(xml_of(run), HasSubstr("<error message=\"no such folder\" type=\"NotRun\"/>"));
}

TEST(JunitReport, AnyTextIsWellFormed) {
  run_result run = run_of({cell("<a&\"\x01\xff\uFFFF]]>", around(100)),
                           ended("b", outcome::crashed, "\x1b[31mred\x1b[0m\n<!--")});
  run.where.hostname = "\x7f\xed\xa0\x80";
  EXPECT_THAT(xml_of(run), HasSubstr("&lt;a&amp;&quot;\uFFFD\uFFFD\uFFFD]]&gt;"));
}

TEST(JunitReport, OfNothingIsValidToo) { EXPECT_THAT(xml_of({}), HasSubstr("tests=\"0\"")); }

}  // namespace
}  // namespace regatta::test
