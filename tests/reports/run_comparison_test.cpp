// SPDX-License-Identifier: Apache-2.0
#include "reports/run_comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>

#include "reports/comparison_json.hpp"
#include "reports/comparison_text.hpp"
#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// Runs that are alike unless a test says otherwise, and stay where they are.
class compared {
 public:
  run_result& add(std::vector<cell_result> cells) {
    run_result& run = runs_.emplace_back();
    run.where.build = {"g++ 12.2.0", "Release", "abc1234", "none", true};
    run.where.cpu_model = "a CPU";
    run.where.cpus.usable = 2;
    run.plan.race = false;
    run.workloads.push_back(measured(std::move(cells)));
    return run;
  }

  run_comparison result() {
    std::vector<named_run> named;
    for (const run_result& run : runs_) {
      auto& advice = advice_.emplace_back();
      for (const workload_result& one : run.workloads) advice.push_back(recommend(one, run));
      named.push_back({"file " + std::to_string(named.size()), &run, &advice});
    }
    return compare_runs(named);
  }
  compared_workload only_workload() { return result().workloads.at(0); }

 private:
  std::deque<run_result> runs_;
  std::deque<std::vector<recommendation>> advice_;
};

std::vector<std::string> loud(const std::vector<run_difference>& differences) {
  std::vector<std::string> what;
  for (const run_difference& each : differences) {
    if (each.loud) what.push_back(each.what);
  }
  return what;
}

const run_figure& figure(const compared_workload& workload, const std::string& label,
                         std::size_t run) {
  for (const compared_approach& each : workload.approaches) {
    if (each.label == label) return each.runs.at(run);
  }
  throw std::out_of_range(label);
}

TEST(RunComparison, RunsThatAreAlikeDifferInNothing) {
  compared both;
  both.add({cell("a", around(100)), cell("b", around(50))});
  both.add({cell("a", around(100)), cell("b", around(50))});
  const run_comparison result = both.result();
  EXPECT_THAT(result.runs, ElementsAre("file 0", "file 1"));
  EXPECT_THAT(result.differences, IsEmpty());
  EXPECT_THAT(result.next, IsEmpty());
  ASSERT_THAT(result.workloads, SizeIs(1));
  const compared_workload& one = result.workloads[0];
  EXPECT_EQ(one.held, agreement::same_winner);
  EXPECT_DOUBLE_EQ(*figure(one, "a", 1).over_first, 1);
  EXPECT_FALSE(figure(one, "a", 1).moved);
  EXPECT_THAT(result.conclusions, Contains(HasSubstr("one build of one revision (abc1234)")));
}

TEST(RunComparison, AFigureMovedIfTheRunsEpochsLieApart) {
  compared both;
  both.add(
      {cell("a", around(100)), cell("b", around(50)), cell("c", {80, 100, 120, 80, 120, 100})});
  both.add(
      {cell("a", around(150)), cell("b", around(51)), cell("c", {90, 110, 135, 95, 130, 110})});
  const auto one = both.only_workload();
  EXPECT_NEAR(*figure(one, "a", 1).over_first, 1.5, 1e-9);
  EXPECT_TRUE(figure(one, "a", 1).moved);
  EXPECT_NEAR(*figure(one, "b", 1).over_first, 1.02, 1e-9);
  EXPECT_FALSE(figure(one, "b", 1).moved) << "within δ";
  EXPECT_GT(*figure(one, "c", 1).over_first, 1.05);
  EXPECT_FALSE(figure(one, "c", 1).moved) << "its epochs vary by more";
  EXPECT_EQ(figure(one, "a", 0).over_first, std::nullopt);
}

TEST(RunComparison, OfThreeEpochsNobodyKnowsHowMuchTheyVary) {
  compared both;
  both.add({cell("a", around(100, 3))});
  both.add({cell("a", around(300, 20))});
  const auto one = both.only_workload();
  EXPECT_NEAR(*figure(one, "a", 1).over_first, 3, 0.01);
  EXPECT_FALSE(figure(one, "a", 1).moved);
  EXPECT_EQ(figure(one, "a", 0).lower, std::nullopt);
}

TEST(RunComparison, NeverSaysThatSomethingRegressed) {
  compared both;
  both.add({cell("a", around(100)), cell("b", around(50))});
  both.add({cell("a", around(30)), cell("b", around(20))}).where.build.revision = "def5678";
  const auto result = both.result();
  for (const std::string& text :
       {render_comparison(result, {.columns = 1000}), render_comparison_markdown(result),
        render_comparison_json(result)}) {
    EXPECT_THAT(text, Not(HasSubstr("regress")));
    EXPECT_THAT(text, HasSubstr("27 to 42 %"));
  }
}

TEST(RunComparison, TheSameWinnerIsAConclusion) {
  compared both;
  both.add({cell("a", around(100)), cell("b", around(50)), cell("c", around(40))});
  both.add({cell("a", around(300)), cell("b", around(310 / 3.0)), cell("c", around(290))});
  const auto one = both.only_workload();
  EXPECT_EQ(one.held, agreement::compatible);
  EXPECT_EQ(one.conclusion,
            "a is the winner or in the tie set of A, B. Of 2 that A found behind by more than δ, "
            "1 was found so in B as well.");
  EXPECT_THAT(one.said, ElementsAre("a", HasSubstr("a tie of ")));
}

TEST(RunComparison, AChangedWinnerIsAConclusionAndNamesTheRaceThatSettlesIt) {
  compared both;
  both.add({cell("a", around(100)), cell("b", around(50))});
  run_result& second = both.add({cell("a", around(100)), cell("b", around(200))});
  second.workloads[0].plan.in_flight = 8;
  const auto result = both.result();
  const compared_workload& one = result.workloads.at(0);
  EXPECT_EQ(one.held, agreement::changed);
  EXPECT_THAT(one.conclusion, HasSubstr("The recommendation changed: A says a, B says b."));
  EXPECT_EQ(one.race, "regatta run -w tokenize --in-flight 8 --scale standard -b a -b b");
  ASSERT_THAT(result.next, SizeIs(1));
  EXPECT_EQ(result.next[0].command, one.race);
  EXPECT_THAT(result.conclusions, Contains("The recommendation changed: tokenize."));
}

TEST(RunComparison, WhatTheOtherRunDidNotMeasureIsNoChange) {
  compared both;
  both.add({cell("a", around(100)), cell("b", around(50))});
  both.add({cell("b", around(50)), cell("c", around(40))});
  const auto one = both.only_workload();
  EXPECT_EQ(one.held, agreement::open);
  EXPECT_THAT(one.conclusion, HasSubstr("a, which A recommends, was not measured in B."));
  EXPECT_EQ(figure(one, "a", 1).ended, "not raced");
  EXPECT_EQ(figure(one, "a", 1).over_first, std::nullopt);
}

TEST(RunComparison, OneRunWithoutARecommendationLeavesItOpen) {
  compared both;
  both.add({cell("a", around(100)), cell("b", around(50))});
  both.add({cell("a", around(100, 2)), cell("b", around(50, 2))});
  const auto one = both.only_workload();
  EXPECT_EQ(one.held, agreement::open);
  EXPECT_EQ(one.conclusion, "Only A recommends anything.");
  EXPECT_EQ(one.said[1], "too few blocks");
}

TEST(RunComparison, OtherWorkHasNoRatios) {
  compared both;
  both.add({cell("a", around(100)), cell("b", around(50))});
  run_result& second = both.add({cell("a", around(100)), cell("b", around(50))});
  second.workloads[0].plan.in_flight = 64;
  second.workloads[0].plan.options.scale = dataset_scale::full;
  second.workloads[0].dataset_bytes = 12;
  const auto one = both.only_workload();
  EXPECT_FALSE(one.same_work);
  EXPECT_THAT(loud(one.differences), ElementsAre("load", "scale", "dataset"));
  EXPECT_EQ(figure(one, "a", 1).over_first, std::nullopt);
  EXPECT_EQ(one.held, agreement::same_winner) << "each side by side: that still compares";
  EXPECT_THAT(one.conclusion, HasSubstr("The work was not the same (load, scale, dataset)."));
}

TEST(RunComparison, ServiceSettingsCountForTheWorkloadsThatUseThem) {
  compared both;
  both.add({cell("a", around(100))});
  run_result& second = both.add({cell("a", around(100))});
  second.plan.service_settings["llm.ttft"] = "200ms";
  EXPECT_TRUE(both.only_workload().same_work);
  for (run_result* run : {&second}) run->workloads[0].info.needs = {"llm"};
  compared others;
  others.add({cell("a", around(100))}).workloads[0].info.needs = {"llm"};
  others.add({cell("a", around(100))}) = second;
  EXPECT_THAT(loud(others.only_workload().differences), ElementsAre("service settings"));
}

TEST(RunComparison, WhateverCanMoveEveryFigureIsLoud) {
  const auto found = [](const std::function<void(run_result&)>& change) {
    compared both;
    run_result& first = both.add({cell("a", around(100))});
    first.where.load_average = {0.1, 0.1, 0.1};
    first.stolen = 0.01;
    first.card.emplace().copy_64_mib_gb_s = 10;
    run_result& second = both.add({});
    second = first;
    change(second);
    return loud(both.result().differences);
  };
  EXPECT_THAT(found([](run_result&) {}), IsEmpty());
  EXPECT_THAT(found([](run_result& run) { run.where.cpu_model = "other"; }),
              ElementsAre("CPU model"));
  EXPECT_THAT(found([](run_result& run) { run.where.kernel = "7"; }), ElementsAre("kernel"));
  EXPECT_THAT(found([](run_result& run) { run.where.cpus.usable = 4; }),
              ElementsAre("usable CPUs"));
  EXPECT_THAT(found([](run_result& run) { run.where.cpus.quota_cpus = 1.5; }),
              ElementsAre("CPU quota"));
  EXPECT_THAT(found([](run_result& run) { run.where.virtual_machine = true; }),
              ElementsAre("virtual machine"));
  EXPECT_THAT(found([](run_result& run) { run.where.scaling_governor = "powersave"; }),
              ElementsAre("scaling governor"));
  EXPECT_THAT(found([](run_result& run) { run.where.build.revision = "def"; }),
              ElementsAre("git revision"));
  EXPECT_THAT(found([](run_result& run) { run.where.build.compiler = "clang"; }),
              ElementsAre("compiler"));
  EXPECT_THAT(found([](run_result& run) { run.where.build.type = "Debug"; }),
              ElementsAre("build type"));
  EXPECT_THAT(found([](run_result& run) { run.where.build.sanitizer = "address"; }),
              ElementsAre("sanitizer"));
  EXPECT_THAT(found([](run_result& run) { run.stolen = 0.2; }),
              ElementsAre("stolen by the hypervisor"));
  EXPECT_THAT(found([](run_result& run) { run.stolen = 0.02; }), IsEmpty());
  EXPECT_THAT(found([](run_result& run) {
                run.where.load_average = {1.5, 0, 0};
              }),
              ElementsAre("load before, a usable CPU"));
  EXPECT_THAT(found([](run_result& run) { run.where.load_average = {0.3, 0, 0}; }), IsEmpty());
  EXPECT_THAT(found([](run_result& run) { run.card->copy_64_mib_gb_s = 5; }),
              ElementsAre("copying 64 MiB"));
  EXPECT_THAT(found([](run_result& run) { run.card->copy_64_mib_gb_s = 9; }), IsEmpty());
  EXPECT_THAT(found([](run_result& run) { run.plan.by = objective::memory; }),
              Contains("objective"));
  EXPECT_THAT(found([](run_result& run) { run.where.hostname = "other"; }), IsEmpty());
}

TEST(RunComparison, DifferentBuildsAreSettledByAGate) {
  const auto command = [](double factor) {
    compared both;
    both.add({cell("a", around(100))}).plan.suite = "my suite.json";
    both.add({cell("a", around(100 * factor))}).where.build.revision = "def5678";
    const auto result = both.result();
    return result.next.size() == 1 ? result.next[0].command : "not one command";
  };
  const std::string whole =
      "regatta gate --baseline '<BUILD OF abc1234, g++ 12.2.0, Release>/regatta' "
      "--candidate '<BUILD OF def5678, g++ 12.2.0, Release>/regatta' --suite 'my suite.json'";
  EXPECT_EQ(command(1), whole);
  EXPECT_EQ(command(2), whole + " -w tokenize") << "only what moved";
}

TEST(RunComparison, ADirtyRevisionTellsNothing) {
  compared both;
  for (int i = 0; i < 2; ++i) {
    both.add({cell("a", around(100))}).where.build.revision = "abc1234-dirty";
  }
  EXPECT_THAT(both.result().conclusions, Contains(HasSubstr("cannot be told")));
}

TEST(RunComparison, WhenEverythingMovedAlikeItIsTheMachine) {
  const auto cells = [](double factor) {
    return std::vector{cell("a", around(100 * factor)), cell("b", around(50 * factor)),
                       cell("c", around(40 * factor)), cell("d", around(30 * factor))};
  };
  compared slower;
  slower.add(cells(1));
  slower.add(cells(0.5));
  EXPECT_THAT(
      slower.result().conclusions,
      Contains(AllOf(HasSubstr("All 4 figures of B are worse than those of A, 2.00 to 2.00"),
                     HasSubstr("slower or busier machine"))));
  compared one_only;
  one_only.add(cells(1));
  auto mixed = cells(0.5);
  mixed[3] = cell("d", around(30));
  one_only.add(mixed);
  EXPECT_THAT(one_only.result().conclusions, Not(Contains(HasSubstr("figures of B are"))));
}

TEST(RunComparison, LikeLoadsOfAWorkloadFindEachOther) {
  compared both;
  const auto add_load = [](run_result& run, unsigned in_flight, double rate) {
    auto& one = run.workloads.emplace_back(measured({cell("a", around(rate))}));
    one.plan.in_flight = in_flight;
  };
  run_result& first = both.add({cell("a", around(100))});
  add_load(first, 64, 300);
  run_result& second = both.add({});
  second.workloads.clear();
  add_load(second, 64, 330);
  add_load(second, 8, 120);
  const auto result = both.result();
  ASSERT_THAT(result.workloads, SizeIs(2));
  EXPECT_NEAR(*figure(result.workloads[0], "a", 1).over_first, 1.2, 1e-9);
  EXPECT_NEAR(*figure(result.workloads[1], "a", 1).over_first, 1.1, 1e-9);
}

TEST(RunComparison, AWorkloadOfOneRunOnlyIsSaidToBe) {
  compared both;
  run_result& first = both.add({cell("a", around(100))});
  first.workloads.push_back(measured({cell("a", around(10))}));
  first.workloads[1].plan.workload = "rag";
  both.add({cell("a", around(100))});
  const auto result = both.result();
  ASSERT_THAT(result.workloads, SizeIs(2));
  EXPECT_THAT(result.workloads[1].said, ElementsAre("a", "not in this run"));
  EXPECT_EQ(result.workloads[1].held, agreement::open);
}

TEST(RunComparison, ThreeRunsAreEachHeldAgainstTheFirst) {
  compared all;
  all.add({cell("a", around(100)), cell("b", around(50))});
  all.add({cell("a", around(110)), cell("b", around(50))});
  all.add({cell("a", around(90)), cell("b", around(50))});
  const auto result = all.result();
  const auto& one = result.workloads.at(0);
  EXPECT_NEAR(*figure(one, "a", 1).over_first, 1.1, 1e-9);
  EXPECT_NEAR(*figure(one, "a", 2).over_first, 0.9, 1e-9);
  const std::string text = render_comparison(result, {});
  EXPECT_THAT(text, AllOf(HasSubstr("B/A"), HasSubstr("C/A"), HasSubstr("B, C moved")));
}

TEST(RunComparison, RunsRacedByDifferentThingsHaveNoFiguresInCommon) {
  compared both;
  both.add({cell("a", around(100)), cell("b", around(50))});
  run_result& second = both.add({cell("a", around(100)), cell("b", around(50))});
  second.plan.by = objective::cpu;
  for (cell_result& each : second.workloads[0].cells) {
    for (epoch_sample& epoch : each.epochs) epoch.cpu_per_item = 1 / epoch.throughput;
  }
  const auto result = both.result();
  EXPECT_EQ(result.workloads.at(0).held, agreement::open);
  EXPECT_THAT(result.workloads.at(0).conclusion, HasSubstr("raced by different things"));
  EXPECT_THAT(render_comparison(result, {}), Not(HasSubstr("backend")));
}

TEST(RunComparison, TextFitsTheTerminalButForCommandsWhichMustBeWhole) {
  compared both;
  both.add({cell("a", around(100)), cell("b", around(50))});
  run_result& second = both.add({cell("a", around(100)), cell("b", around(200))});
  second.where.cpu_model = "a CPU with a name that goes on and on, as they do";
  const std::string text = render_comparison(both.result(), {.columns = 60});
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  regatta ")) continue;
    EXPECT_LE(
        std::count_if(line.begin(), line.end(), [](char each) { return (each & 0xC0) != 0x80; }),
        60)
        << line;
  }
  EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST(RunComparison, JsonHasAllOfIt) {
  compared both;
  both.add({cell("a", around(100)), cell("b", around(50))});
  both.add({cell("a", around(150)), cell("b", around(50))}).where.kernel = "7";
  const auto file = nlohmann::json::parse(render_comparison_json(both.result()));
  EXPECT_EQ(file.at("kind"), "comparison");
  EXPECT_EQ(file.at("differences")[0].at("what"), "kernel");
  const auto& one = file.at("workloads")[0];
  EXPECT_EQ(one.at("agreement"), "same winner");
  EXPECT_EQ(one.at("approaches")[0].at("label"), "a");
  EXPECT_NEAR(one.at("approaches")[0].at("runs")[1].at("over_first").get<double>(), 1.5, 1e-9);
  EXPECT_TRUE(one.at("approaches")[0].at("runs")[0].at("over_first").is_null());
  EXPECT_EQ(one.at("approaches")[0].at("runs")[1].at("moved"), true);
}

TEST(RunComparison, MarkdownEscapesWhatComesFromOutside) {
  compared both;
  both.add({cell("a|b", around(100)), cell("c", around(50))});
  both.add({cell("a|b", around(100)), cell("c", around(50))}).where.cpu_model = "<b>|CPU";
  const std::string text = render_comparison_markdown(both.result());
  EXPECT_THAT(text, Not(HasSubstr("a|b")));
  EXPECT_THAT(text, Not(HasSubstr("<b>")));
}

}  // namespace
}  // namespace regatta::test
