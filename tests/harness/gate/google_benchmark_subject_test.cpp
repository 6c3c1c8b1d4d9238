// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/google_benchmark_subject.hpp"

#include <gtest/gtest.h>

#include <regex>

#include "tests/workloads/temporary_directory.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

TEST(GoogleBenchmarkFilter, MatchesTheNameAndNothingElse) {
  const std::vector<std::string> names{
      "BM_a",   "BM_ab",         "xBM_a",      "BM_a/64", "BM_a/64/x:1", "BM_a/640", "BM_a.b",
      "BM_a+b", "BM_a<int*>(&)", "BM_a[1]{2}", "BM^a$",   "BM_a|b",      "a\\b"};
  for (const std::string& own : names) {
    for (const auto syntax : {std::regex::ECMAScript, std::regex::extended}) {
      const std::regex filter(exact_benchmark_filter(own), syntax);
      for (const std::string& other : names) {
        EXPECT_EQ(std::regex_search(other, filter), own == other) << own << " on " << other;
      }
    }
  }
}

unsigned planned(double cpu, double iteration, unsigned repetitions = 19) {
  google_benchmark_work work(10ms, repetitions);
  EXPECT_EQ(work.repetitions("BM_x"), std::nullopt);
  work.plan("BM_x", cpu, iteration);
  return work.repetitions("BM_x").value_or(0);
}

TEST(GoogleBenchmarkWork, IsDividedWhereItCanBe) {
  EXPECT_EQ(planned(1e-3, 1e-6), 19u);
  EXPECT_EQ(planned(1e-3, 1e-6, 5), 5u);
  EXPECT_EQ(planned(1e-3, 1e-6, 4), 3u) << "odd";
  EXPECT_EQ(planned(0, 0), 19u);
}

TEST(GoogleBenchmarkWork, IsNotMultipliedByWhatCannotBeShort) {
  EXPECT_EQ(planned(1e-3, 2e-3), 5u);  // an iteration longer than a part
  EXPECT_EQ(planned(1e-3, 0.3), 1u);   // an iteration longer than the whole
  EXPECT_EQ(planned(2.0, 1e-6), 1u);   // it fills a table before it begins
}

// Notes its flags, and answers that an iteration takes 1 µs.
constexpr const char* fake = R"(#!/bin/sh
echo "$@" >> "$(dirname "$0")/flags"
for argument; do
  case $argument in --benchmark_out=*) out=${argument#*=} ;; esac
done
printf '{"context": {"library_version": "v1.9.0"}, "benchmarks":
  [{"name": "BM_x", "real_time": 1, "time_unit": "us"}]}' > "$out"
)";

TEST(GoogleBenchmarkSubject, BothSidesRunThePlanThatTheFirstHasMade) {
  const test::temporary_directory folder;
  const auto program = folder.write("bench", fake);
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const auto work = std::make_shared<google_benchmark_work>(100ms, 5);
  const auto make = [&] {
    return google_benchmark_subject(
        {.command = {program.string(), {"--own=1"}}, .shown_as = "bench", .work = work},
        [] { return false; });
  };
  google_benchmark_subject baseline = make();
  google_benchmark_subject candidate = make();
  for (gate_subject* each :
       {static_cast<gate_subject*>(&candidate), static_cast<gate_subject*>(&baseline)}) {
    const auto outcome = each->measure("BM_x", 1);
    ASSERT_TRUE(std::holds_alternative<gate_epoch>(outcome)) << std::get<gate_failure>(outcome).why;
    EXPECT_DOUBLE_EQ(std::get<gate_epoch>(outcome).values.at("real_time"), 1e-6);
  }
  std::ifstream flags(folder.path() / "flags");
  std::vector<std::string> launches;
  for (std::string line; std::getline(flags, line);) launches.push_back(line);
  ASSERT_EQ(launches.size(), 3u) << "one to plan, one for each side";
  const std::string start = "--own=1 --benchmark_filter=^BM_x$ --benchmark_min_time=0.02";
  EXPECT_TRUE(launches[0].starts_with(start + " --benchmark_repetitions=1 ")) << launches[0];
  EXPECT_TRUE(launches[1].starts_with(start + "s --benchmark_repetitions=5 "))
      << "a version that tells itself wants the unit: " << launches[1];
  EXPECT_TRUE(launches[2].starts_with(start + " --benchmark_repetitions=5 ")) << launches[2];
  EXPECT_EQ(library_mismatch(baseline, candidate), std::nullopt);
}

}  // namespace
}  // namespace regatta
