// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "harness/runner/cell_process.hpp"
#include "tests/harness/gate/scripted_subject.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using scripts = std::map<std::string, scripted_subject::script>;

/// Time passes only in epochs.
struct fake_clock {
  std::chrono::steady_clock::time_point now{};

  scripted_subject::script takes(std::chrono::milliseconds cost, scripted_subject::script script) {
    return [this, cost, script = std::move(script)] {
      now += cost;
      return script();
    };
  }
  gate_hooks hooks() {
    gate_hooks all;
    all.now = [this] { return now; };
    return all;
  }
};

gate_result compare(scripts baseline, scripts candidate, gate_settings settings = {},
                    std::optional<scripts> copy = std::nullopt) {
  scripted_subject a(std::move(baseline));
  scripted_subject b(std::move(candidate));
  std::optional<scripted_subject> c;
  if (copy) c.emplace(std::move(*copy));
  fake_clock clock;
  return run_gate(settings, {a, b, c ? &*c : nullptr}, clock.hooks());
}

scripts ten(double noise, unsigned seed) {
  scripts all;
  for (unsigned i = 0; i < 10; ++i) {
    all["BM_" + std::to_string(i)] = noisy_time(1e-3 * (i + 1), noise, seed + i);
  }
  return all;
}

std::set<std::string> with_verdict(const gate_result& result, gate_verdict verdict) {
  std::set<std::string> names;
  for (const gate_comparison& each : result.comparisons) {
    if (each.verdict == verdict) names.insert(each.name);
  }
  return names;
}

const gate_comparison& one_of(const gate_result& result, const std::string& name) {
  for (const gate_comparison& each : result.comparisons) {
    if (each.name == name) return each;
  }
  throw std::out_of_range(name);
}

TEST(Gate, FindsTheOneThatRegressedAndNoOther) {
  scripts candidate = ten(0.05, 100);
  candidate["BM_6"] = noisy_time(7e-3 * 1.15, 0.05, 200);
  const gate_result result = compare(ten(0.05, 0), std::move(candidate));
  EXPECT_EQ(with_verdict(result, gate_verdict::regressed), std::set<std::string>{"BM_6"});
  EXPECT_EQ(with_verdict(result, gate_verdict::equivalent).size(), 9u);
  EXPECT_TRUE(result.blocks());
  EXPECT_TRUE(one_of(result, "BM_6").confirmation);
}

TEST(Gate, DoesNotCryWolf) {
  // Ten equal benchmarks on a noisy machine, a margin far below the noise, forty times.
  gate_settings settings;
  settings.defaults.margin = 0.001;
  int alarms = 0;
  for (unsigned run = 0; run < 40; ++run) {
    settings.seed = run;
    const gate_result result = compare(ten(0.3, 1000 * run), ten(0.3, 1000 * run + 500), settings);
    alarms += result.has(gate_verdict::regressed) || result.has(gate_verdict::improved) ? 1 : 0;
  }
  EXPECT_LE(alarms, 2) << "alpha is 5 % over the suite";
}

TEST(Gate, NamesWhatCrashesAndJudgesTheRest) {
  scripts candidate = ten(0.01, 100);
  candidate["BM_3"] = failing("was killed by SIGSEGV");
  const gate_result result = compare(ten(0.01, 0), std::move(candidate));
  EXPECT_EQ(with_verdict(result, gate_verdict::failed), std::set<std::string>{"BM_3"});
  EXPECT_EQ(one_of(result, "BM_3").reason, "the candidate was killed by SIGSEGV");
  EXPECT_EQ(with_verdict(result, gate_verdict::equivalent).size(), 9u);
}

TEST(Gate, SaysWhichSideFails) {
  const auto reason = [](scripts baseline, scripts candidate) {
    return compare(std::move(baseline), std::move(candidate)).comparisons.front().reason;
  };
  const auto dead = [] { return scripts{{"a", failing("exited with code 9")}}; };
  const auto well = [] { return scripts{{"a", constant_time(1)}}; };
  EXPECT_EQ(reason(dead(), well()), "the baseline exited with code 9");
  EXPECT_THAT(reason(dead(), dead()), HasSubstr("both sides fail"));
  const auto mute = [] {
    return scripts{{"a", [] { return gate_epoch{.values = {}, .note = "it is shy"}; }}};
  };
  EXPECT_EQ(reason(well(), mute()), "the candidate reported no time: it is shy");
}

TEST(Gate, NamesWhatOneSideLacks) {
  scripts baseline{{"both", constant_time(1)}, {"gone", constant_time(1)}};
  scripts candidate{{"both", constant_time(1)}, {"new", constant_time(1)}};
  const gate_result result = compare(std::move(baseline), std::move(candidate));
  EXPECT_EQ(result.comparisons.size(), 1u);
  EXPECT_THAT(result.only_baseline, Contains("gone"));
  EXPECT_THAT(result.only_candidate, Contains("new"));
  EXPECT_THAT(result.warnings, Contains(AllOf(HasSubstr("candidate does not"), HasSubstr("gone"))));
}

TEST(Gate, RefusesAFluke) {
  // The machine disfavours the candidate for its first epochs only.
  const auto fluke = [calls = 0]() mutable {
    const double time = ++calls <= 9 ? 1.5 : 1.0;
    return gate_epoch{.values = {{"time", time}}, .note = {}};
  };
  const gate_result result = compare({{"a", constant_time(1)}}, {{"a", fluke}});
  EXPECT_EQ(result.comparisons.front().verdict, gate_verdict::inconclusive);
  EXPECT_THAT(result.comparisons.front().reason, HasSubstr("fresh processes did not confirm it"));
  EXPECT_FALSE(result.blocks());
}

TEST(Gate, EveryPairIsTwoFreshLaunchesAndTheConfirmationHasItsOwn) {
  scripted_subject baseline({{"a", constant_time(1)}});
  scripted_subject candidate({{"a", constant_time(2)}});
  fake_clock clock;
  const gate_result result = run_gate({}, {baseline, candidate, nullptr}, clock.hooks());
  const gate_comparison& only = result.comparisons.front();
  ASSERT_EQ(only.verdict, gate_verdict::regressed);
  std::set<unsigned> launches;
  for (const gate_pair& each : only.screening.pairs) launches.insert(each.launch);
  for (const gate_pair& each : only.confirmation->pairs) launches.insert(each.launch);
  EXPECT_EQ(launches.size(), only.screening.pairs.size() + only.confirmation->pairs.size());
  EXPECT_EQ(baseline.calls.size(), launches.size());
  EXPECT_EQ(candidate.calls.size(), launches.size());
}

TEST(Gate, EpochsThatShareALaunchMakeOnePair) {
  // Of four epochs of the candidate one is spoilt: the median does not mind.
  const auto spoilt = [calls = 0]() mutable {
    return gate_epoch{.values = {{"time", ++calls % 4 == 0 ? 100.0 : 1.0}}, .note = {}};
  };
  scripted_subject baseline({{"a", constant_time(1)}});
  scripted_subject candidate({{"a", spoilt}});
  baseline.epochs = candidate.epochs = 4;
  fake_clock clock;
  const gate_result result = run_gate({}, {baseline, candidate, nullptr}, clock.hooks());
  const gate_comparison& only = result.comparisons.front();
  EXPECT_EQ(only.verdict, gate_verdict::equivalent);
  std::set<unsigned> launches;
  for (const gate_pair& each : only.screening.pairs) {
    EXPECT_EQ(each.candidate, 1);
    launches.insert(each.launch);
  }
  EXPECT_EQ(launches.size(), only.screening.pairs.size());
  EXPECT_EQ(candidate.calls.size(), 4 * only.screening.pairs.size());
  EXPECT_EQ(baseline.calls.size(), candidate.calls.size());
}

TEST(Gate, EachSideIsFirstEquallyOften) {
  gate_settings settings;
  settings.max_pairs = 20;
  const gate_result result = compare(ten(0.3, 0), ten(0.3, 100), settings);
  for (const gate_comparison& each : result.comparisons) {
    const auto& pairs = each.screening.pairs;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
      EXPECT_NE(pairs[i].candidate_first, pairs[i + 1].candidate_first) << each.name;
    }
  }
}

TEST(Gate, TheOrderIsRandomAndTheSeedsDoing) {
  const auto order = [](std::uint64_t seed) {
    scripted_subject baseline(ten(0, 0));
    scripted_subject candidate(ten(0, 0));
    gate_settings settings;
    settings.seed = seed;
    fake_clock clock;
    run_gate(settings, {baseline, candidate, nullptr}, clock.hooks());
    std::vector<std::string> names;
    for (const auto& call : baseline.calls) names.push_back(call.name);
    return names;
  };
  const auto first = order(1);
  EXPECT_EQ(first, order(1));
  EXPECT_NE(first, order(2));
  const std::vector<std::string> round1(first.begin(), first.begin() + 10);
  const std::vector<std::string> round2(first.begin() + 10, first.begin() + 20);
  EXPECT_NE(round1, round2);
  EXPECT_EQ(std::set<std::string>(round1.begin(), round1.end()).size(), 10u);
}

TEST(Gate, MetricsOfOneBenchmarkShareItsEpochs) {
  gate_settings settings;
  settings.metrics = {"time", "cpu"};
  scripted_subject baseline({{"a", constant_time(1)}});
  scripted_subject candidate({{"a", constant_time(1)}});
  fake_clock clock;
  const gate_result result = run_gate(settings, {baseline, candidate, nullptr}, clock.hooks());
  ASSERT_EQ(result.comparisons.size(), 2u);
  EXPECT_EQ(baseline.calls.size(), result.comparisons.front().screening.pairs.size());
}

TEST(Gate, WhatIsOffIsNotRun) {
  gate_rule rule;
  rule.pattern = "b";
  rule.mode = gate_mode::off;
  gate_settings settings;
  settings.rules = {rule};
  scripted_subject baseline({{"a", constant_time(1)}, {"b", constant_time(1)}});
  scripted_subject candidate({{"a", constant_time(1)}, {"b", constant_time(2)}});
  scripted_subject copy({{"a", constant_time(1)}, {"b", constant_time(1)}});
  fake_clock clock;
  const gate_result result = run_gate(settings, {baseline, candidate, &copy}, clock.hooks());
  for (const auto& call : baseline.calls) EXPECT_EQ(call.name, "a");
  EXPECT_FALSE(result.blocks());
}

TEST(Gate, ARuleThatAppliesToNothingIsNamed) {
  gate_rule rule;
  rule.pattern = "BM_prase";
  gate_settings settings;
  settings.rules = {rule};
  EXPECT_THAT(compare({{"a", constant_time(1)}}, {{"a", constant_time(1)}}, settings).warnings,
              Contains(HasSubstr("'BM_prase' applies to nothing")));
}

TEST(Gate, EndsWithItsBudgetAndKeepsAQuarterForConfirmations) {
  gate_settings settings;
  settings.budget = 10s;
  settings.max_pairs = 1000;
  fake_clock clock;
  // Too noisy to be decided, but for one that shows itself late and is confirmed after that.
  const auto late = [calls = 0]() mutable {
    const double time = ++calls % 2 == 0 || calls > 20 ? 1.5 : 0.7;
    return gate_epoch{.values = {{"time", time}}, .note = {}};
  };
  scripted_subject baseline({{"noise", clock.takes(30ms, noisy_time(1, 0.5, 1))},
                             {"late", clock.takes(30ms, constant_time(1))}});
  scripted_subject candidate(
      {{"noise", clock.takes(30ms, noisy_time(1, 0.5, 2))}, {"late", clock.takes(30ms, late)}});
  const gate_result result = run_gate(settings, {baseline, candidate, nullptr}, clock.hooks());
  EXPECT_LE(result.seconds, 10);
  EXPECT_EQ(result.budget, 10);
  const gate_comparison& noise = one_of(result, "noise");
  EXPECT_EQ(noise.verdict, gate_verdict::inconclusive);
  EXPECT_THAT(noise.reason, HasSubstr("budget of 10 s"));
  EXPECT_LE(noise.screening.pairs.back().at, 7.5);
  EXPECT_EQ(one_of(result, "late").verdict, gate_verdict::regressed);
}

TEST(Gate, WithoutABudgetItTakesWhatThirtyPairsTakeInBounds) {
  const auto budget_for = [](std::chrono::milliseconds cost) {
    fake_clock clock;
    scripted_subject baseline({{"a", clock.takes(cost, constant_time(1))}});
    scripted_subject candidate({{"a", clock.takes(cost, constant_time(1))}});
    return run_gate({}, {baseline, candidate, nullptr}, clock.hooks()).budget;
  };
  EXPECT_EQ(budget_for(1ms), 60);
  EXPECT_EQ(budget_for(2s), 160);
  EXPECT_EQ(budget_for(60s), 600);
}

TEST(Gate, SaysWhenTheBudgetCannotDo) {
  const auto warnings = [](std::chrono::milliseconds budget) {
    fake_clock clock;
    scripted_subject baseline({{"a", clock.takes(1s, constant_time(1))}});
    scripted_subject candidate({{"a", clock.takes(1s, constant_time(1))}});
    gate_settings settings;
    settings.budget = budget;
    return run_gate(settings, {baseline, candidate, nullptr}, clock.hooks()).warnings;
  };
  EXPECT_THAT(warnings(8s), Contains(AllOf(HasSubstr("about 3 pairs"), HasSubstr("at least 8"),
                                           HasSubstr("--budget"))));
  EXPECT_THAT(warnings(60s), IsEmpty());

  gate_settings settings;
  settings.max_pairs = 5;
  EXPECT_THAT(compare({{"a", constant_time(1)}}, {{"a", constant_time(1)}}, settings).warnings,
              Contains(HasSubstr("no regression can be found")));
}

TEST(Gate, AnInterruptionKeepsWhatWasMeasured) {
  const auto interrupted = [calls = 0]() mutable {
    if (++calls > 5) throw interrupted_run{};
    return gate_epoch{.values = {{"time", 1.0}}, .note = {}};
  };
  const gate_result result = compare({{"a", constant_time(1)}}, {{"a", interrupted}});
  EXPECT_TRUE(result.interrupted);
  ASSERT_EQ(result.comparisons.size(), 1u);
  EXPECT_EQ(result.comparisons.front().screening.pairs.size(), 5u);
  EXPECT_THAT(result.comparisons.front().reason, HasSubstr("interrupted"));
}

TEST(Gate, TrustsNoVerdictWhenTheBaselineDiffersFromItsCopy) {
  const gate_result result =
      compare(ten(0.01, 0), {{"BM_0", constant_time(1.2e-3)}, {"BM_1", constant_time(2e-3)}}, {},
              scripts{{"BM_0", constant_time(1.1e-3)}, {"BM_1", constant_time(2.2e-3)}});
  ASSERT_TRUE(result.unfit);
  EXPECT_THAT(*result.unfit, HasSubstr("copy of itself"));
  EXPECT_EQ(with_verdict(result, gate_verdict::regressed), std::set<std::string>{"BM_0"});
  EXPECT_FALSE(result.blocks());
}

TEST(Gate, TheSelfCheckGoesRoundTheBenchmarks) {
  scripted_subject baseline(ten(0.3, 0));
  scripted_subject candidate(ten(0.3, 100));
  scripted_subject copy(ten(0.3, 200));
  fake_clock clock;
  const gate_result result = run_gate({}, {baseline, candidate, &copy}, clock.hooks());
  std::set<std::string> seen;
  for (const auto& call : copy.calls) seen.insert(call.name);
  EXPECT_EQ(seen.size(), 10u);
  ASSERT_TRUE(result.self_check);
  EXPECT_EQ(result.self_check->screening.pairs.size(), copy.calls.size());
  EXPECT_FALSE(result.unfit);
}

TEST(Gate, ASelfCheckThatFailsIsSaidAndChangesNoVerdict) {
  const gate_result result = compare({{"a", constant_time(1)}}, {{"a", constant_time(2)}}, {},
                                     scripts{{"a", failing("exited with code 127")}});
  EXPECT_FALSE(result.self_check);
  EXPECT_THAT(result.warnings, Contains(HasSubstr("no self-check")));
  EXPECT_TRUE(result.blocks());
}

}  // namespace
}  // namespace regatta
