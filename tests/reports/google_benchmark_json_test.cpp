// SPDX-License-Identifier: Apache-2.0
#include "reports/google_benchmark_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

using json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

json file_of(const run_result& run) {
  const std::string text = render_google_benchmark(run, {});
  EXPECT_THAT(text, AllOf(Not(HasSubstr("null")), Not(HasSubstr("NaN"))));
  return json::parse(text);
}

run_result run_of(std::vector<cell_result> cells) {
  run_result run;
  run.plan.suite = "quick";
  run.where.started_at = "2026-01-31T08:05:09Z";
  run.where.cpus.usable = 2;
  run.workloads.push_back(measured(std::move(cells)));
  return run;
}

TEST(GoogleBenchmarkJson, HasARowPerEpochWithTheTimePerItem) {
  cell_result cell_ = cell("thread", {1000, 500});
  cell_.epochs[0].cpu_per_item = 0.002;
  cell_.epochs[0].p99 = 0.25;
  cell_.usage = usage_per_item{.user_seconds = 0.003, .system_seconds = 0.001};
  const json rows = file_of(run_of({cell_}))["benchmarks"];
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0], json({{"name", "tokenize/backend:thread/in_flight:8/real_time"},
                           {"family_index", 0},
                           {"per_family_instance_index", 0},
                           {"run_name", "tokenize/backend:thread/in_flight:8/real_time"},
                           {"run_type", "iteration"},
                           {"repetitions", 2},
                           {"repetition_index", 0},
                           {"threads", 1},
                           {"iterations", 10},
                           {"real_time", 1e6},
                           {"cpu_time", 2e6},
                           {"time_unit", "ns"},
                           {"items_per_second", 1000.0},
                           {"p99_seconds", 0.25}}));
  EXPECT_EQ(rows[1]["repetition_index"], 1);
  EXPECT_EQ(rows[1]["real_time"], 2e6);
  EXPECT_EQ(rows[1]["cpu_time"], 4e6) << "the cell's mean, as the epoch has none";
  EXPECT_FALSE(rows[1].contains("p99_seconds")) << "unknown";
}

TEST(GoogleBenchmarkJson, HasTheMedianUnderANameOfItsOwn) {
  const json rows = file_of(run_of({cell("thread", {1000, 250, 500})}))["benchmarks"];
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[3]["name"], "tokenize/backend:thread/in_flight:8/real_time_median");
  EXPECT_EQ(rows[3]["run_name"], rows[0]["name"]);
  EXPECT_EQ(rows[3]["run_type"], "aggregate");
  EXPECT_EQ(rows[3]["aggregate_name"], "median");
  EXPECT_EQ(rows[3]["real_time"], 2e6);
  EXPECT_EQ(rows[3]["items_per_second"], 500.0);
  EXPECT_FALSE(rows[3].contains("repetition_index"));
}

TEST(GoogleBenchmarkJson, WhatHasNoTimesHasNoRowButIsNamed) {
  auto wrong = cell("thread", {1000});
  wrong.ended = outcome::wrong_answer;
  wrong.reason = "2 of 10 answers were wrong";
  auto stuck = cell("tbb", {1000, 0, std::numeric_limits<double>::quiet_NaN(),
                            std::numeric_limits<double>::infinity()});
  const json file =
      file_of(run_of({wrong, stuck, ended("process", outcome::crashed, "killed by signal 11")}));
  ASSERT_EQ(file["benchmarks"].size(), 2U);
  EXPECT_THAT(file["benchmarks"][0]["name"].get<std::string>(), HasSubstr("backend:tbb"));
  EXPECT_EQ(file["benchmarks"][0]["repetitions"], 1);
  const auto said = file["context"]["regatta_without_rows"].get<std::string>();
  EXPECT_THAT(said, AllOf(HasSubstr("backend:thread/in_flight:8: wrong answer: 2 of 10"),
                          HasSubstr("backend:tbb/in_flight:8: 3 epochs without a right answer"),
                          HasSubstr("backend:process/in_flight:8: crashed: killed by signal 11")));
}

TEST(GoogleBenchmarkJson, WhatWasNotRunIsNamedOnce) {
  run_result run = run_of({});
  run.workloads[0].not_run = "no such folder";
  const json file = file_of(run);
  EXPECT_TRUE(file["benchmarks"].empty());
  EXPECT_EQ(file["context"]["regatta_without_rows"], "tokenize: no such folder");
}

TEST(GoogleBenchmarkJson, NamesAreUniqueAndSayTheLoad) {
  run_result run = run_of({cell("process:start=spawn,chunk=8", {1000})});
  run.workloads.push_back(run.workloads[0]);
  run.workloads.push_back(run.workloads[0]);
  run.workloads[2].plan.rate = 250;
  run.workloads[2].info.parameters = {{.name = "payload", .meaning = "", .fallback = 1024}};
  run.workloads[2].plan.options.parameters = {{"cpu-share", 0.5}};
  const json rows = file_of(run)["benchmarks"];
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_EQ(rows[0]["name"], "tokenize/backend:process:start=spawn,chunk=8/in_flight:8/real_time");
  EXPECT_EQ(rows[2]["name"],
            "tokenize/backend:process:start=spawn,chunk=8/in_flight:8/entry:2/real_time");
  EXPECT_EQ(rows[4]["name"],
            "tokenize/backend:process:start=spawn,chunk=8/in_flight:8/rate:250/"
            "cpu-share:0.5/payload:1024/real_time");
  EXPECT_EQ(rows[2]["family_index"], 1);
}

TEST(GoogleBenchmarkJson, TheContextHasWhatReadersAskFor) {
  run_result run = run_of({cell("thread", {1000})});
  json context = file_of(run)["context"];
  EXPECT_EQ(context["caches"], json::array());
  EXPECT_EQ(context["load_avg"], json::array());
  EXPECT_EQ(context["date"], "2026-01-31T08:05:09+00:00");
  EXPECT_EQ(context["num_cpus"], 2);
  EXPECT_EQ(context["regatta_suite"], "quick");
  EXPECT_FALSE(context.contains("cpu_scaling_enabled")) << "unknown";
  EXPECT_FALSE(context.contains("regatta_without_rows"));
  run.where.scaling_governor = "powersave";
  run.where.load_average = {1, 2, 3};
  context = file_of(run)["context"];
  EXPECT_EQ(context["cpu_scaling_enabled"], true);
  EXPECT_EQ(context["load_avg"], json({1, 2, 3}));
}

TEST(GoogleBenchmarkJson, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(file_of(run_of({cell("b\xff", {1000})}))["benchmarks"][0]["name"],
            "tokenize/backend:b\uFFFD/in_flight:8/real_time");
}

}  // namespace
}  // namespace regatta::test
