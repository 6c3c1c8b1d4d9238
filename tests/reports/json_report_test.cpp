// SPDX-License-Identifier: Apache-2.0
#include "reports/json_report.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

using nlohmann::ordered_json;

ordered_json report_of(run_result run) {
  std::vector<recommendation> advice;
  for (const auto& each : run.workloads) advice.push_back(recommend(each, run));
  return make_json_report(run, advice);
}

ordered_json cell_of(const cell_result& one) {
  run_result run;
  run.workloads.push_back(measured({one}));
  return report_of(run)["workloads"][0]["cells"][0];
}

TEST(JsonReport, SaysWhichSchemaItFollowsAndWhoWroteIt) {
  const ordered_json report = report_of({});
  EXPECT_EQ(report.at("schema_version"), report_schema_version);
  EXPECT_EQ(report.at("generator").at("name"), "regatta");
  EXPECT_TRUE(report.at("workloads").empty());
}

TEST(JsonReport, ParsesBackToTheSame) {
  run_result run;
  run.plan.suite = "quick \"and\" dirty, größer";
  run.workloads.push_back(measured({cell("a", around(100)), cell("b", around(50))}));
  const ordered_json report = report_of(run);
  EXPECT_EQ(ordered_json::parse(report.dump(2)), report);
}

TEST(JsonReport, UnknownOfTheMachineIsNull) {
  const ordered_json report = report_of({});
  const json& where = report.at("environment");
  for (const char* key : {"quota_cpus", "throttled_before", "steal_since_boot", "load_average",
                          "memory_total_bytes", "memory_available_bytes", "virtual_machine",
                          "scaling_governor", "clocksource", "address_randomisation"}) {
    EXPECT_TRUE(where.at(key).is_null()) << key;
  }
  EXPECT_TRUE(report.at("machine_card").is_null());
  EXPECT_TRUE(report.at("throttled_during_run").is_null());
  EXPECT_TRUE(report.at("steal_during_run").is_null());
}

TEST(JsonReport, UnknownOnTheMachineCardIsNullAndKnownIsInSeconds) {
  run_result run;
  run.card.emplace();
  run.card->system_call = fractional_ns(250);
  const ordered_json card = report_of(run).at("machine_card");
  EXPECT_DOUBLE_EQ(card.at("system_call_seconds").get<double>(), 250e-9);
  for (const char* key : {"clock_read_seconds", "wake_same_cpu", "wake_other_cpu",
                          "fork_and_wait_seconds", "copy_64_mib_gb_per_second", "pinned_gain"}) {
    EXPECT_TRUE(card.at(key).is_null()) << key;
  }
}

TEST(JsonReport, UnknownOfACellIsNull) {
  const ordered_json one = cell_of(cell("thread", around(100)));
  for (const char* key : {"per_item", "memory", "startup_seconds", "dataset_load_seconds", "reason",
                          "first_failure"}) {
    EXPECT_TRUE(one.at(key).is_null()) << key;
  }
  for (const char* key :
       {"p50_seconds", "p99_seconds", "p99_9_seconds", "max_seconds", "p99_interval_95"}) {
    EXPECT_TRUE(one.at("latency").at(key).is_null()) << key;
  }
  EXPECT_TRUE(one.at("epochs")[0].at("p99_seconds").is_null());
  EXPECT_TRUE(one.at("epochs")[0].at("steal").is_null());
}

TEST(JsonReport, TellsNothingFoundFromNobodyLooked) {
  EXPECT_TRUE(cell_of(cell("thread", around(100))).at("findings").is_null());
  EXPECT_EQ(cell_of(with_findings(cell("coroutine", around(100)), {})).at("findings"),
            ordered_json::array());
  auto dead = with_findings(cell("coroutine", around(100)), {blocked_loop()});
  dead.ended = outcome::crashed;
  EXPECT_TRUE(cell_of(dead).at("findings").is_null());
}

TEST(JsonReport, AFindingIsASentenceWithItsNumbersAndItsPlace) {
  const ordered_json found =
      cell_of(with_findings(cell("coroutine", around(100)), {blocked_loop()})).at("findings")[0];
  EXPECT_EQ(found, ordered_json::parse(R"({"kind": "blocked loop",
                            "sentence": "An event loop was blocked for more than 10 ms 312 times.",
                            "threshold_seconds": 0.01, "stretches": 312, "blocked_seconds": 9.31,
                            "longest_seconds": 0.0412, "items": 1204, "looked_at": 14,
                            "cause": "computing", "function": "encode",
                            "place": "/src/workloads/cpu/tokenize.cpp:88"})"));
  finding bare;
  const ordered_json unknown =
      cell_of(with_findings(cell("coroutine", around(100)), {bare})).at("findings")[0];
  for (const char* key : {"cause", "function", "place"}) EXPECT_TRUE(unknown.at(key).is_null());
}

TEST(JsonReport, AMeasureHasItsCountSumAndQuantiles) {
  auto one = with_measures(cell("thread", around(100)), {first_tokens(), {.name = "rare"}});
  const ordered_json measures = cell_of(one).at("measures");
  EXPECT_EQ(measures[0], ordered_json::parse(R"({"name": "time to first token", "count": 1200,
                            "sum_seconds": 12.5, "p50_seconds": 0.01, "p90_seconds": 0.0125,
                            "p99_seconds": 0.02, "max_seconds": 0.031})"));
  EXPECT_TRUE(measures[1].at("p50_seconds").is_null());
  EXPECT_EQ(cell_of(cell("thread", around(100))).at("measures"), ordered_json::array());
  one.ended = outcome::crashed;
  EXPECT_TRUE(cell_of(one).at("measures").is_null());
}

TEST(JsonReport, SaysHowFilesWereRead) {
  EXPECT_TRUE(cell_of(cell("thread", around(100))).at("file_reads").is_null());
  auto one = cell("coroutine", around(100));
  one.facts.file_reads = "io_uring";
  EXPECT_EQ(cell_of(one).at("file_reads"), "io_uring");
}

TEST(JsonReport, EpochsStandInTheOrderTheyRan) {
  const ordered_json one = cell_of(cell("thread", {3, 1, 2}));
  ASSERT_EQ(one.at("epochs").size(), 3U);
  EXPECT_EQ(one.at("epochs")[0].at("throughput"), 3.0);
  EXPECT_EQ(one.at("epochs")[2].at("block"), 2);
  EXPECT_EQ(one.at("median_throughput"), 2.0);
  EXPECT_EQ(one.at("outcome"), "ok");
}

// Whoever fills the values in may forget to clear them; the report is the last who can.
TEST(JsonReport, AWrongAnswerHasNoTimes) {
  auto wrong = with_cost(cell("thread", around(100)), 1e-3, 1000, 1);
  wrong.latency.count = 10;
  wrong.latency.p50 = 0.001;
  wrong.ended = outcome::wrong_answer;
  wrong.reason = "2 of 10 answers were wrong";
  const ordered_json one = cell_of(wrong);
  EXPECT_EQ(one.at("outcome"), "wrong answer");
  EXPECT_EQ(one.at("reason"), "2 of 10 answers were wrong");
  EXPECT_TRUE(one.at("median_throughput").is_null());
  EXPECT_TRUE(one.at("latency").is_null());
  EXPECT_TRUE(one.at("per_item").is_null());
  EXPECT_TRUE(one.at("epochs").empty());
}

TEST(JsonReport, OfACellThatNeverStartedNothingIsClaimed) {
  const ordered_json one = cell_of(ended("tbb", outcome::unavailable, "built without it"));
  EXPECT_TRUE(one.at("median_throughput").is_null());
  EXPECT_TRUE(one.at("latency").is_null());
  EXPECT_TRUE(one.at("startup_seconds").is_null());
  EXPECT_TRUE(one.at("workers").is_null()) << "how many it would have had is not known";
  EXPECT_TRUE(one.at("bytes_copied").is_null());
}

TEST(JsonReport, OfAWorkloadThatWasNotRunNothingIsClaimed) {
  run_result run;
  run.workloads.push_back(measured({}));
  run.workloads.back().not_run = "no such folder";
  const ordered_json one = report_of(run)["workloads"][0];
  EXPECT_EQ(one.at("not_run"), "no such folder");
  for (const char* key : {"verified", "distinct_items", "dataset_bytes", "window_seconds"}) {
    EXPECT_TRUE(one.at(key).is_null()) << key;
  }
}

TEST(JsonReport, ANumberThatIsNoneIsNullInTheText) {
  auto odd = cell("thread", {1, 2});
  odd.epochs[0].at = std::numeric_limits<double>::quiet_NaN();
  const ordered_json back = ordered_json::parse(cell_of(odd).dump());
  EXPECT_TRUE(back.at("epochs")[0].at("at_seconds").is_null());
}

TEST(JsonReport, HasTheRecommendationWithItsEvidence) {
  run_result run;
  run.workloads.push_back(measured({cell("a", around(100)), cell("b", around(50))}));
  const ordered_json advice = report_of(run)["workloads"][0]["recommendation"];
  EXPECT_EQ(advice.at("verdict"), "winner");
  EXPECT_EQ(advice.at("choice"), ordered_json::array({"a"}));
  EXPECT_EQ(advice.at("runner_up"), "b");
  EXPECT_NEAR(advice.at("lead").at("ratio").get<double>(), 2, 0.01);
  EXPECT_TRUE(advice.at("tie_break").is_null());
  ASSERT_EQ(advice.at("standings").size(), 2U);
  EXPECT_TRUE(advice.at("standings")[0].at("leader_over_this").is_null());
}

TEST(JsonReport, HasEveryParameterWhetherTheUserSetItOrNot) {
  run_result run;
  run.workloads.push_back(measured({cell("a", around(100))}));
  run.workloads[0].info.parameters = {{.name = "payload", .meaning = "bytes", .fallback = 64},
                                      {.name = "share", .meaning = "of CPU", .fallback = 0.5}};
  run.workloads[0].plan.options.parameters = {{"payload", 1024}};
  EXPECT_EQ(report_of(run)["workloads"][0]["parameters"],
            ordered_json({{"payload", 1024.0}, {"share", 0.5}}));
}

TEST(JsonReport, HasTheEndpointsButNotTheirQueries) {
  run_result run;
  run.plan.external_endpoints = {{"llm", "https://host/v1?key=s3cret"}};
  const ordered_json endpoints = report_of(run)["method"]["external_endpoints"];
  EXPECT_EQ(endpoints, ordered_json({{"llm", "https://host/v1"}}));
}

TEST(JsonReport, BytesThatAreNotUtf8DoNotCostTheReport) {
  run_result run;
  run.plan.suite = "caf\xe9.json";
  const ordered_json back = ordered_json::parse(render_json(run, {}));
  EXPECT_EQ(back.at("suite"), "caf\xef\xbf\xbd.json");
}

TEST(JsonReport, NeverHasTheApiKey) {
  run_result run;
  run.plan.api_key = "s3cret";
  run.workloads.push_back(measured({cell("a", around(100))}));
  EXPECT_EQ(report_of(run).dump().find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace regatta::test
