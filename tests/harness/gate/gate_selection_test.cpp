// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/gate_selection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/harness/gate/scripted_subject.hpp"

namespace regatta {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

scripted_subject::script with_counters(std::map<std::string, double> counters) {
  counters["time"] = 1;
  counters["cpu"] = 1;
  return [counters] { return gate_epoch{.values = counters, .note = {}}; };
}

scripted_subject subject_of(const std::vector<std::string>& names) {
  std::map<std::string, scripted_subject::script> scripts;
  for (const std::string& name : names) scripts[name] = constant_time(1);
  return scripted_subject(std::move(scripts));
}

gate_selection select(const gate_settings& settings, scripted_subject baseline,
                      scripted_subject candidate) {
  return select_comparisons(settings, baseline, candidate, "2026-03-31T10:00:00Z");
}

std::vector<std::string> chosen(const gate_selection& selection) {
  std::vector<std::string> names;
  for (const gate_comparison& each : selection.comparisons) {
    names.push_back(each.name + ":" + each.metric);
  }
  return names;
}

template <class Function>
std::string refusal(Function function) {
  try {
    function();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(GateSelection, TakesWhatBothHaveAndNamesTheRest) {
  const auto selection = select({}, subject_of({"a", "b", "gone"}), subject_of({"a", "b", "new"}));
  EXPECT_THAT(chosen(selection), ElementsAre("a:time", "b:time"));
  EXPECT_THAT(selection.only_baseline, ElementsAre("gone"));
  EXPECT_THAT(selection.only_candidate, ElementsAre("new"));
}

TEST(GateSelection, TheFilterIsSearchedForInTheNames) {
  gate_settings settings;
  settings.filter = "^BM_.*/64$";
  const std::vector<std::string> names{"BM_a/64", "BM_a/640", "BM_b/64", "xBM_a/64"};
  EXPECT_THAT(chosen(select(settings, subject_of(names), subject_of(names))),
              ElementsAre("BM_a/64:time", "BM_b/64:time"));
  settings.filter = "-640|x";
  EXPECT_THAT(chosen(select(settings, subject_of(names), subject_of(names))),
              ElementsAre("BM_a/64:time", "BM_b/64:time"));
}

TEST(GateSelection, WhatTheFilterExcludesIsNotMissing) {
  gate_settings settings;
  settings.filter = "a";
  EXPECT_THAT(select(settings, subject_of({"a", "gone"}), subject_of({"a"})).only_baseline,
              IsEmpty());
}

TEST(GateSelection, RefusesToCompareNothing) {
  gate_settings settings;
  settings.filter = "xyz";
  EXPECT_THAT(refusal([&] { select(settings, subject_of({"a"}), subject_of({"a"})); }),
              HasSubstr("'xyz' matches none of the 1 benchmarks"));
  settings.filter = "[";
  EXPECT_THAT(refusal([&] { select(settings, subject_of({"a"}), subject_of({"a"})); }),
              HasSubstr("no regular expression"));
  EXPECT_THAT(refusal([&] { select({}, subject_of({"a"}), subject_of({"b"})); }),
              HasSubstr("no benchmark in common"));
  EXPECT_THAT(refusal([&] { select({}, subject_of({}), subject_of({})); }),
              HasSubstr("neither side"));
}

TEST(GateSelection, MetricsAreThoseAskedFor) {
  gate_settings settings;
  settings.metrics = {"cpu", "items_per_second"};
  const auto make = [] {
    return scripted_subject(
        {{"fast", with_counters({{"items_per_second", 5}})}, {"plain", constant_time(1)}});
  };
  const auto selection = select(settings, make(), make());
  EXPECT_THAT(chosen(selection), ElementsAre("fast:cpu", "fast:items_per_second", "plain:cpu"));
  EXPECT_THAT(selection.warnings, Contains(HasSubstr("plain reports no items_per_second")));
  EXPECT_EQ(selection.comparisons[1].better, gate_direction::larger);
  EXPECT_EQ(selection.comparisons[1].unit, "/s");

  settings.metrics = {"items_per_secnd"};
  EXPECT_THAT(refusal([&] { select(settings, make(), make()); }),
              HasSubstr("no benchmark reports 'items_per_secnd'"));
}

TEST(GateSelection, NothingIsRunToChooseWhatEveryBenchmarkReports) {
  gate_settings settings;
  settings.metrics = {"cpu"};
  scripted_subject baseline = subject_of({"a"});
  scripted_subject candidate = subject_of({"a"});
  select_comparisons(settings, baseline, candidate, "2026-03-31");
  EXPECT_TRUE(baseline.calls.empty());
  EXPECT_TRUE(candidate.calls.empty());
}

TEST(GateSelection, RulesSetMarginMetricDirectionAndMute) {
  gate_settings settings;
  gate_rule rule;
  rule.pattern = "fast";
  rule.metric = "allocations";
  rule.margin = 0.2;
  rule.direction = gate_direction::larger;
  rule.mute_until = "2026-03-31";
  settings.rules = {rule};
  const auto make = [] {
    return scripted_subject(
        {{"fast", with_counters({{"allocations", 5}})}, {"plain", constant_time(1)}});
  };
  const auto selection = select(settings, make(), make());
  ASSERT_THAT(chosen(selection), ElementsAre("fast:allocations", "plain:time"));
  EXPECT_EQ(selection.comparisons[0].rule.margin, 0.2);
  EXPECT_EQ(selection.comparisons[0].better, gate_direction::larger);
  EXPECT_TRUE(selection.comparisons[0].muted);
  EXPECT_EQ(selection.comparisons[1].rule.margin, 0.05);
  EXPECT_FALSE(selection.comparisons[1].muted);
}

TEST(GateSelection, ABenchmarkThatFailsWhenLookedAtIsStillCompared) {
  gate_settings settings;
  settings.metrics = {"allocations"};
  const auto make = [] {
    return scripted_subject({{"fast", with_counters({{"allocations", 5}})},
                             {"broken", failing("was killed by SIGSEGV")}});
  };
  EXPECT_THAT(chosen(select(settings, make(), make())),
              ElementsAre("broken:allocations", "fast:allocations"));
}

TEST(GateSelection, WhatIsOffIsListedAndEverythingOffIsRefused) {
  gate_settings settings;
  gate_rule rule;
  rule.pattern = "a";
  rule.mode = gate_mode::off;
  settings.rules = {rule};
  const auto selection = select(settings, subject_of({"a", "b"}), subject_of({"a", "b"}));
  ASSERT_THAT(chosen(selection), ElementsAre("a:time", "b:time"));
  EXPECT_EQ(selection.comparisons[0].rule.mode, gate_mode::off);
  EXPECT_THAT(refusal([&] { select(settings, subject_of({"a"}), subject_of({"a"})); }),
              HasSubstr("turns every benchmark off"));
}

TEST(GateMetric, OfACounterIsToldByItsName) {
  const std::vector<gate_metric> standing{{"time", "s"}};
  EXPECT_EQ(describe_metric("time", standing).unit, "s");
  EXPECT_EQ(describe_metric("bytes_per_second", standing).better, gate_direction::larger);
  EXPECT_EQ(describe_metric("bytes_per_second", standing).unit, "bytes/s");
  EXPECT_EQ(describe_metric("misses", standing).better, gate_direction::smaller);
  EXPECT_EQ(describe_metric("misses", standing).unit, "");
}

}  // namespace
}  // namespace regatta
