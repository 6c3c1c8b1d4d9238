// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/gate_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace regatta::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

gate_rule rule(const std::string& pattern, double margin = 0.05, const std::string& metric = "") {
  gate_rule made;
  made.pattern = pattern;
  made.margin = margin;
  made.metric = metric;
  return made;
}

gate_comparison comparison(gate_verdict verdict, gate_mode mode = gate_mode::block) {
  gate_comparison made;
  made.name = "BM_parse/64";
  made.metric = "real_time";
  made.verdict = verdict;
  made.rule.mode = mode;
  return made;
}

TEST(GateRule, MatchesTheWholeNameWithStarsOverSlashes) {
  EXPECT_TRUE(applies(rule("*"), "BM_parse/64", "real_time"));
  EXPECT_TRUE(applies(rule("BM_*"), "BM_parse/64", "real_time"));
  EXPECT_TRUE(applies(rule("BM_parse/[0-9]?"), "BM_parse/64", "real_time"));
  EXPECT_FALSE(applies(rule("parse"), "BM_parse/64", "real_time"));
  EXPECT_FALSE(applies(rule("BM_parse"), "BM_parse/64", "real_time"));
}

TEST(GateRule, MayNameTheMetricInItsPattern) {
  EXPECT_TRUE(applies(rule("BM_*:cpu_time"), "BM_parse/64", "cpu_time"));
  EXPECT_FALSE(applies(rule("BM_*:cpu_time"), "BM_parse/64", "real_time"));
}

TEST(GateRule, ForOneMetricLeavesTheOthersAlone) {
  EXPECT_TRUE(applies(rule("*", 0.05, "cpu_time"), "BM_parse", "cpu_time"));
  EXPECT_FALSE(applies(rule("*", 0.05, "cpu_time"), "BM_parse", "real_time"));
}

TEST(GateRule, TheLastThatAppliesCounts) {
  const std::vector rules{rule("*", 0.1), rule("BM_*", 0.2), rule("other", 0.3),
                          rule("BM_parse", 0.4, "cpu_time")};
  const gate_rule defaults = rule("default", 0.5);
  EXPECT_EQ(rule_for(rules, "BM_parse", "real_time", defaults).margin, 0.2);
  EXPECT_EQ(rule_for(rules, "BM_parse", "cpu_time", defaults).margin, 0.4);
  EXPECT_EQ(rule_for(rules, "sort", "real_time", defaults).margin, 0.1);
  EXPECT_EQ(rule_for({}, "sort", "real_time", defaults).margin, 0.5);
}

TEST(GateRule, WhatNamesNoMetricIsJudgedByTheFirst) {
  const std::vector<std::string> available{"real_time", "cpu_time", "items_per_second"};
  EXPECT_THAT(metrics_for({}, "BM_parse", available), ElementsAre("real_time"));
  const std::vector general{rule("*", 0.1)};
  EXPECT_THAT(metrics_for(general, "BM_parse", available), ElementsAre("real_time"));
}

TEST(GateRule, NamedMetricsAreJudgedInTheOrderOfTheSubject) {
  const std::vector<std::string> available{"real_time", "cpu_time", "items_per_second"};
  const std::vector rules{rule("*", 0.1), rule("BM_*", 0.1, "items_per_second"),
                          rule("*", 0.1, "cpu_time"), rule("other", 0.1, "real_time")};
  EXPECT_THAT(metrics_for(rules, "BM_parse", available),
              ElementsAre("cpu_time", "items_per_second"));
  EXPECT_THAT(metrics_for(rules, "sort", available), ElementsAre("cpu_time"));
}

TEST(GateRule, AMetricThatNobodyReportsLeavesTheFirst) {
  const std::vector<std::string> available{"wall"};
  const std::vector rules{rule("*", 0.1, "p99")};
  EXPECT_THAT(metrics_for(rules, "ls", available), ElementsAre("wall"));
  EXPECT_THAT(metrics_for(rules, "ls", {}), IsEmpty());
}

TEST(GateRule, ThatAppliesToNothingIsNamed) {
  const std::vector rules{rule("BM_*"), rule("BM_prase*"), rule("BM_parse*", 0.1, "max_rss")};
  const std::vector comparisons{comparison(gate_verdict::equivalent)};
  EXPECT_THAT(idle_patterns(rules, comparisons), ElementsAre("BM_prase*", "BM_parse*"));
}

TEST(GateRule, MutesToTheEndOfTheDay) {
  gate_rule one = rule("*");
  EXPECT_FALSE(muted(one, "2026-03-31"));
  one.mute_until = "2026-03-31";
  EXPECT_TRUE(muted(one, "2026-03-30T12:00:00Z"));
  EXPECT_TRUE(muted(one, "2026-03-31"));
  EXPECT_TRUE(muted(one, "2026-03-31T23:59:59Z"));
  EXPECT_FALSE(muted(one, "2026-04-01T00:00:00Z"));
  EXPECT_FALSE(muted(one, "2027-01-01"));
}

TEST(Gate, BlocksOnAConfirmedRegressionWhoseRuleSaysSo) {
  EXPECT_TRUE(blocks(comparison(gate_verdict::regressed)));
  EXPECT_FALSE(blocks(comparison(gate_verdict::regressed, gate_mode::warn)));
  EXPECT_FALSE(blocks(comparison(gate_verdict::regressed, gate_mode::off)));
  auto silenced = comparison(gate_verdict::regressed);
  silenced.muted = true;
  EXPECT_FALSE(blocks(silenced));
  for (const auto verdict : {gate_verdict::improved, gate_verdict::equivalent,
                             gate_verdict::inconclusive, gate_verdict::failed}) {
    EXPECT_FALSE(blocks(comparison(verdict)));
  }
}

TEST(Gate, BlocksIfOneComparisonDoesUnlessTheMachineCannotTell) {
  gate_result result;
  result.comparisons = {comparison(gate_verdict::equivalent)};
  EXPECT_FALSE(result.blocks());
  result.comparisons.push_back(comparison(gate_verdict::regressed));
  EXPECT_TRUE(result.blocks());
  result.unfit = "The baseline is 1.2 times its own copy.";
  EXPECT_FALSE(result.blocks());
}

TEST(Gate, HasTheVerdictsOfWhatIsNotTurnedOff) {
  gate_result result;
  result.comparisons = {comparison(gate_verdict::equivalent),
                        comparison(gate_verdict::inconclusive, gate_mode::off)};
  EXPECT_TRUE(result.has(gate_verdict::equivalent));
  EXPECT_FALSE(result.has(gate_verdict::inconclusive));
  EXPECT_FALSE(result.has(gate_verdict::regressed));
}

}  // namespace
}  // namespace regatta::test
