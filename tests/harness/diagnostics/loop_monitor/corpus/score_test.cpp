// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/diagnostics/loop_monitor/corpus/score.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/harness/diagnostics/loop_monitor/corpus/score_table.hpp"

namespace regatta::corpus {
namespace {

using namespace std::chrono_literals;

const steady_time start{1h};

label sleeping() { return {"stall_in_sleep", block_cause::sleeping}; }

episode handler_of(pid_t thread, std::chrono::milliseconds begin, std::chrono::milliseconds end) {
  return {sleeping(), thread, start + begin, start + end, 0ns, 0ns, 0ns};
}

arrival report_of(std::uint64_t stretch, pid_t thread, std::chrono::milliseconds when) {
  block_report report;
  report.stretch = stretch;
  report.thread = thread;
  report.duration = 21ms;
  report.shares = {{"sleeping", 21ms}};
  report.cause = block_cause::sleeping;
  report.blocker.function =
      "regatta::corpus::stall_in_sleep(std::chrono::duration<long, std::nano>)";
  return {report, start + when, 0ns, 0ns};
}

case_result one_stall() {
  return {"sleep/idle", 1, 20ms, {handler_of(7, 10ms, 70ms)}, {report_of(1, 7, 32ms)}, 0ns};
}

bool has(const score& points, flaw kind) {
  return std::any_of(points.findings.begin(), points.findings.end(),
                     [kind](const finding& each) { return each.kind == kind; });
}

TEST(CorpusScore, AReportInTimeIsFoundWithItsDelay) {
  const score points = score_of(one_stall());
  EXPECT_EQ(points.findings, std::vector<finding>{});
  EXPECT_EQ(points.blocked, 1u);
  EXPECT_EQ(points.found, 1u);
  EXPECT_EQ(points.right_function, 1u);
  EXPECT_EQ(points.right_cause, 1u);
  ASSERT_EQ(points.delays.size(), 1u);
  EXPECT_DOUBLE_EQ(points.delays[0], 2);  // begun at 10, due at 30, came at 32
  EXPECT_EQ(points.precision(), 1);
  EXPECT_EQ(points.recall(), 1);
}

TEST(CorpusScore, TimeWithoutACpuIsNotDelay) {
  case_result result = one_stall();
  result.episodes[0].waited_before = 100ms;
  result.arrivals[0].when += 9ms;
  result.arrivals[0].waited = 109ms;
  EXPECT_DOUBLE_EQ(score_of(result).delays.at(0), 2);
}

TEST(CorpusScore, WhatTheMonitorLackedACpuIsToldApart) {
  case_result result = one_stall();
  result.episodes[0].monitor_waited_before = 3ms;
  result.arrivals[0].monitor_waited = 4ms;
  const score points = score_of(result);
  EXPECT_DOUBLE_EQ(points.delays.at(0), 2);
  EXPECT_DOUBLE_EQ(points.delays_on_cpu.at(0), 1);
}

TEST(CorpusScore, NoReportIsAMiss) {
  case_result result = one_stall();
  result.arrivals.clear();
  const score points = score_of(result);
  EXPECT_TRUE(has(points, flaw::missed));
  EXPECT_EQ(points.recall(), 0);
  EXPECT_EQ(points.precision(), 1);  // nothing wrong was said
}

TEST(CorpusScore, AReportOfAnotherThreadIsAFalseAlarmAndAMiss) {
  case_result result = one_stall();
  result.arrivals[0].report.thread = 8;
  const score points = score_of(result);
  EXPECT_TRUE(has(points, flaw::missed));
  EXPECT_TRUE(has(points, flaw::false_alarm));
  EXPECT_EQ(points.precision(), 0);
}

TEST(CorpusScore, AReportBetweenHandlersIsAFalseAlarm) {
  case_result result = one_stall();
  result.arrivals.push_back(report_of(2, 7, 90ms));
  const score points = score_of(result);
  EXPECT_EQ(points.false_alarms, 1u);
  EXPECT_EQ(points.precision(), 0.5);
  EXPECT_EQ(points.recall(), 1);
}

TEST(CorpusScore, AReportOfAHealthyHandlerIsAFalseAlarm) {
  const case_result result{"sleep/idle/healthy",    0,  20ms, {handler_of(7, 10ms, 16ms)},
                           {report_of(1, 7, 12ms)}, 0ns};
  EXPECT_EQ(score_of(result).false_alarms, 1u);
}

TEST(CorpusScore, TwoStretchesOfOneHandlerAreOneTooMany) {
  case_result result = one_stall();
  result.arrivals.push_back(report_of(2, 7, 60ms));
  EXPECT_EQ(score_of(result).false_alarms, 1u);
}

TEST(CorpusScore, InTheToleranceAReportMayComeOrNot) {
  case_result result{"sleep/idle/healthy", 0, 20ms, {handler_of(7, 10ms, 33ms)}, {}, 0ns};
  EXPECT_EQ(score_of(result).findings, std::vector<finding>{});
  result.arrivals = {report_of(1, 7, 32ms)};
  const score points = score_of(result);
  EXPECT_EQ(points.findings, std::vector<finding>{});
  EXPECT_EQ(points.precision(), 1);
  EXPECT_EQ(points.found, 0u);  // and it is not counted for the recall
}

TEST(CorpusScore, WhatOnlyLackedACpuIsNotBlocked) {
  case_result result = one_stall();
  result.stretches = 0;
  result.episodes[0].waited = 50ms;
  EXPECT_TRUE(has(score_of(result), flaw::false_alarm));
  result.arrivals.clear();
  EXPECT_EQ(score_of(result).findings, std::vector<finding>{});
}

TEST(CorpusScore, AnotherFunctionOrCauseIsSaid) {
  case_result result = one_stall();
  result.arrivals[0].report.blocker.function = "nanosleep";
  result.arrivals[0].report.cause = block_cause::mutex;
  const score points = score_of(result);
  EXPECT_TRUE(has(points, flaw::wrong_function));
  EXPECT_TRUE(has(points, flaw::wrong_cause));
  EXPECT_EQ(points.function_share(), 0);
  EXPECT_EQ(points.found, 1u);
}

TEST(CorpusScore, TheFinalDurationAndTheSharesAreCompared) {
  case_result result = one_stall();
  arrival last = report_of(1, 7, 71ms);
  last.report.phase = block_phase::ended;
  last.report.duration = 60ms;
  last.report.shares = {{"sleeping", 59'500us}, {"on CPU", 300us}};
  result.arrivals.push_back(last);
  EXPECT_EQ(score_of(result).findings, std::vector<finding>{});
  result.arrivals[1].report.duration = 75ms;
  const score points = score_of(result);
  EXPECT_TRUE(has(points, flaw::wrong_duration));
  EXPECT_TRUE(has(points, flaw::wrong_shares));
  EXPECT_EQ(points.precision(), 1);
}

TEST(CorpusScore, ACaseTheMachineSpoiltIsNoMissOfTheMonitor) {
  case_result result = one_stall();
  result.episodes[0].end = start + 20ms;
  result.arrivals.clear();
  const score points = score_of(result);
  EXPECT_EQ(points.not_staged, 1u);
  EXPECT_FALSE(has(points, flaw::missed));
}

TEST(CorpusScore, BarsThatAreReachedAreNotMentioned) {
  EXPECT_EQ(missed_bars({{"sleep/idle", score_of(one_stall())}}), std::vector<std::string>{});
  case_result late = one_stall();
  late.name = "special/never_returns";
  late.arrivals[0].when += 4ms;
  late.arrivals[0].report.cause = block_cause::mutex;
  const std::vector<std::string> missed = missed_bars({{late.name, score_of(late)}});
  ASSERT_EQ(missed.size(), 3u);
  EXPECT_EQ(missed[0], "the cause is right in 0 of 1");
  EXPECT_EQ(
      missed[2],
      "reports of handlers that never return come 6.0 ms after the threshold (median), not 5 ms");
}

TEST(CorpusScore, TheTableHasARowForEachFaultAndShape) {
  const std::string table =
      score_table({{"sleep/idle", score_of(one_stall())}, {"sleep/strand/healthy", {}}});
  for (const char* const row : {"\nsleep ", "\nidle ", "\nstrand ", "\nall "}) {
    EXPECT_NE(table.find(row), std::string::npos) << row << "\n" << table;
  }
}

}  // namespace
}  // namespace regatta::corpus
