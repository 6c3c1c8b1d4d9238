// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/google_benchmark_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace regatta {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string file(const std::string& rows, const std::string& context = "{}") {
  return R"({"context": )" + context + R"(, "benchmarks": [)" + rows + "]}";
}

gate_epoch values(const std::string& text, const std::string& name = "BM_x") {
  const auto output = read_google_benchmark(text, name);
  if (const auto* const failed = std::get_if<gate_failure>(&output.outcome)) {
    ADD_FAILURE() << failed->why;
    return {};
  }
  return std::get<gate_epoch>(output.outcome);
}

std::string failure(const std::string& text, const std::string& name = "BM_x") {
  const auto output = read_google_benchmark(text, name);
  const auto* const failed = std::get_if<gate_failure>(&output.outcome);
  return failed != nullptr ? failed->why : "none";
}

TEST(GoogleBenchmarkOutput, HasTimesInSecondsAndCountersUnderTheirNames) {
  const std::string row = R"({"name": "BM_x", "run_name": "BM_x", "run_type": "iteration",
    "family_index": 0, "repetitions": 1, "threads": 1, "iterations": 1000, "real_time": 2.5e+01,
    "cpu_time": 2.4e+01, "time_unit": "us", "items_per_second": 4e6, "label": "text"})";
  EXPECT_THAT(values(file(row)).values,
              ElementsAre(Pair("cpu_time", DoubleEq(2.4e-5)), Pair("items_per_second", 4e6),
                          Pair("real_time", DoubleEq(2.5e-5))));
}

TEST(GoogleBenchmarkOutput, MayHoldNumbersThatJsonHasNot) {
  const std::string row = R"({"name": "BM_x", "real_time": 5, "cpu_time": 5, "time_unit": "ns",
    "a": NaN,"b": -NaN,"c": Infinity,"d":-Infinity, "e": nan, "f": inf, "label": "NaN -inf \" NaN"})";
  EXPECT_THAT(values(file(row)).values,
              ElementsAre(Pair("cpu_time", DoubleEq(5e-9)), Pair("real_time", DoubleEq(5e-9))));
  EXPECT_EQ(without_bare_numbers(R"({"inf": "NaN", "x": NaN, "y": -2, "z": -Infinity})"),
            R"({"inf": "NaN", "x": null, "y": -2, "z": null})");
}

TEST(GoogleBenchmarkOutput, OfSeveralRepetitionsTheMedianCounts) {
  std::string rows;
  for (const char* const time : {"9", "1", "2"}) {
    rows += std::string(R"({"name": "BM_x/repeats:3", "run_name": "BM_x/repeats:3",
      "run_type": "iteration", "time_unit": "s", "real_time": )") +
            time + "},";
  }
  rows += R"({"name": "BM_x/repeats:3_mean", "run_name": "BM_x/repeats:3",
    "run_type": "aggregate", "aggregate_name": "mean", "time_unit": "s", "real_time": 4})";
  EXPECT_EQ(values(file(rows), "BM_x/repeats:3").values.at("real_time"), 2);
}

TEST(GoogleBenchmarkOutput, MayBeAggregatesOnly) {
  const std::string rows = R"(
    {"name": "BM_x_mean", "run_name": "BM_x", "run_type": "aggregate", "aggregate_name": "mean",
     "time_unit": "s", "real_time": 4},
    {"name": "BM_x_median", "run_name": "BM_x", "run_type": "aggregate",
     "aggregate_name": "median", "time_unit": "s", "real_time": 3},
    {"name": "BM_x_cv", "run_name": "BM_x", "run_type": "aggregate", "aggregate_name": "cv",
     "time_unit": "s", "real_time": 0.1})";
  EXPECT_EQ(values(file(rows)).values.at("real_time"), 3);
}

TEST(GoogleBenchmarkOutput, TellsAnErrorInItsOwnWords) {
  const std::string old_way = R"({"name": "BM_x", "run_name": "BM_x", "error_occurred": true,
    "error_message": "no such file", "real_time": 0, "cpu_time": 0, "time_unit": "ns"})";
  EXPECT_EQ(failure(file(old_way)), "reported an error: no such file");
  EXPECT_EQ(failure(file(R"({"name": "BM_x", "skipped": true, "skip_message": "no GPU"})")),
            "skipped it: no GPU");
}

TEST(GoogleBenchmarkOutput, ThatLacksTheBenchmarkIsAFailure) {
  EXPECT_THAT(failure(file(R"({"name": "BM_xy", "real_time": 1})")),
              HasSubstr("without reporting"));
  EXPECT_THAT(failure("{}"), HasSubstr("without reporting"));
  EXPECT_THAT(failure("[1]"), HasSubstr("JSON"));
  EXPECT_THAT(failure(R"({"benchmarks": [{"name": "BM_x", "real_)"), HasSubstr("JSON"));
}

TEST(GoogleBenchmarkOutput, SurvivesFieldsOfOtherTypes) {
  const std::string rows =
      R"(7, {"name": 1}, {"name": "BM_x", "run_type": [], "time_unit": "fortnight", "real_time": 1,
      "n": 2, "error_occurred": "yes"})";
  EXPECT_THAT(values(file(rows, "[]")).values, ElementsAre(Pair("n", 2)));
}

TEST(GoogleBenchmarkOutput, TellsTheLibrarysVersion) {
  const std::string row = R"({"name": "BM_x", "real_time": 1})";
  EXPECT_EQ(
      read_google_benchmark(file(row, R"({"library_version": "v1.9.0"})"), "BM_x").library_version,
      "v1.9.0");
  EXPECT_EQ(read_google_benchmark(file(row), "BM_x").library_version, "");
}

}  // namespace
}  // namespace regatta
