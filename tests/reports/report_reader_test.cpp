// SPDX-License-Identifier: Apache-2.0
#include "reports/report_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "reports/json_report.hpp"
#include "reports/stored_json.hpp"
#include "reports/terminal_report.hpp"
#include "tests/reports/measured.hpp"
#include "tests/reports/random_report.hpp"

namespace regatta::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string terminal_text(const run_result& run, const std::vector<recommendation>& advice) {
  std::string text = render_machine(run, {});
  for (std::size_t i = 0; i < run.workloads.size(); ++i) {
    text += render_workload(run.workloads[i], advice[i], {});
  }
  return text;
}

std::string small_report() {
  run_result run;
  run.workloads.push_back(measured({cell("a", std::vector<double>(20, 100)), cell("b", around(50)),
                                    ended("c", outcome::crashed, "killed by signal 9")}));
  return render_json(run, {recommend(run.workloads[0], run)});
}

// One of each, so that a test can go over every byte or value of it.
std::string tiny_report() {
  run_result run;
  run.card.emplace();
  run.workloads.push_back(measured({cell("a", {100}), cell("b", {50})}));
  return render_json(run, {recommend(run.workloads[0], run)});
}

std::string refusal(const std::string& text) {
  try {
    read_report(text);
  } catch (const bad_report& error) {
    return error.what();
  }
  return "it was read";
}

std::string refusal_after(const std::function<void(json&)>& change) {
  json report = json::parse(small_report());
  change(report);
  return refusal(report.dump());
}

TEST(ReportReader, IsTheInverseOfTheWriter) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const auto made = invent_report(seed);
    const std::string text = render_json(made.run, made.advice);
    const stored_report back = read_report(text);
    ASSERT_EQ(render_json(back.run, back.advice), text) << "seed " << seed;
  }
}

TEST(ReportReader, TheTableFromTheFileIsTheOneThatWasShownLive) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const auto made = invent_report(seed);
    const stored_report back = read_report(render_json(made.run, made.advice));
    ASSERT_EQ(terminal_text(back.run, back.advice), terminal_text(made.run, made.advice))
        << "seed " << seed;
  }
}

TEST(ReportReader, KnowsWhatTheFileHasOnlyOnce) {
  const stored_report back = read_report(small_report());
  const workload_result& one = back.run.workloads.at(0);
  EXPECT_EQ(one.info.name, "tokenize");
  EXPECT_EQ(back.advice.at(0).workload, "tokenize");
  EXPECT_EQ(one.cells.at(1).info.name, "b");
  EXPECT_EQ(one.plan.backends.size(), 3U);
  EXPECT_EQ(back.run.plan.workloads.size(), 1U);
  EXPECT_EQ(back.written_by, json::parse(small_report())["generator"]["version"]);
}

TEST(ReportReader, AllowsFieldsItDoesNotKnow) {
  EXPECT_EQ(refusal_after([](json& report) {
              report["mood"] = "fine";
              report["workloads"][0]["cells"][0]["epochs"][3]["colour"] = {1, 2};
            }),
            "it was read");
}

TEST(ReportReader, ReadsReportsThatAreOlderThanAField) {
  json report = json::parse(small_report());
  report["method"].erase("blocked_over_seconds");
  for (json& cell : report["workloads"][0]["cells"]) {
    for (const char* younger : {"findings", "measures", "file_reads"}) cell.erase(younger);
  }
  const stored_report back = read_report(report.dump());
  EXPECT_EQ(back.run.plan.blocked_over, std::nullopt);
  EXPECT_EQ(back.run.workloads.at(0).cells.at(0).findings, std::nullopt);
  EXPECT_TRUE(back.run.workloads.at(0).cells.at(0).measures.empty());
}

TEST(ReportReader, SaysWhereATextIsNoJson) {
  EXPECT_EQ(refusal(""), "is empty");
  EXPECT_EQ(refusal(" \n\n"), "is empty");
  EXPECT_EQ(refusal("hello"), "is not JSON from line 1, column 1 on");
  EXPECT_EQ(refusal("{\"a\": 1,\n \"b\": oops}"), "is not JSON from line 2, column 7 on");
  EXPECT_EQ(refusal("{\"a\": 1} and more"), "is not JSON from line 1, column 10 on");
  EXPECT_EQ(refusal("{\"a\": \"\xff\"}"), "is not JSON from line 1, column 8 on");
  EXPECT_THAT(refusal("{\"a\": 1e999}"), HasSubstr("larger than any"));
}

TEST(ReportReader, SaysThatAFileWasCutOffWhereverItWas) {
  const std::string text = tiny_report();
  for (std::size_t length = 1; length + 2 < text.size(); length += length < 300 ? 1 : 7) {
    ASSERT_THAT(refusal(text.substr(0, length)), StartsWith("ends in the middle, at line "))
        << "after " << length << " bytes: …"
        << text.substr(std::max<std::size_t>(length, 30) - 30, 30);
  }
}

TEST(ReportReader, NamesForeignFilesForWhatTheyAre) {
  EXPECT_THAT(refusal(R"({"context": {}, "benchmarks": []})"),
              HasSubstr("a Google Benchmark file"));
  EXPECT_THAT(refusal(R"({"machine_info": {}, "benchmarks": []})"), HasSubstr("pytest-benchmark"));
  EXPECT_THAT(refusal(R"({"results": [{"command": "ls", "times": [1]}]})"), HasSubstr("hyperfine"));
  EXPECT_THAT(refusal(R"({"workloads": ["*"]})"), HasSubstr("suite file"));
  EXPECT_THAT(refusal(R"({"rules": []})"), HasSubstr("gate file"));
  for (const char* other : {"[]", "3", "null", "{}", R"({"generator": "regatta"})",
                            R"({"generator": {"name": "other"}})"}) {
    EXPECT_EQ(refusal(other), "is JSON, but not a regatta report") << other;
  }
}

TEST(ReportReader, NamesTheVersionThatWroteAnOlderOrNewerSchema) {
  EXPECT_THAT(refusal_after([](json& report) {
                report["schema_version"] = 1;
                report["generator"]["version"] = "0.0.9";
              }),
              AllOf(StartsWith("was written by regatta 0.0.9 with schema version 1"),
                    HasSubstr("run again")));
  EXPECT_THAT(
      refusal_after([](json& report) {
        report["schema_version"] = 99;
        report["generator"]["version"] = "7.0.0";
      }),
      AllOf(StartsWith("was written by regatta 7.0.0 with schema version 99"), HasSubstr("newer")));
  EXPECT_THAT(refusal_after([](json& report) { report["schema_version"] = "2"; }),
              StartsWith("has no schema_version"));
}

TEST(ReportReader, TellsAGateFromARun) {
  EXPECT_EQ(refusal_after([](json& report) { report["kind"] = "gate"; }),
            "is the report of a gate, not of a run");
  EXPECT_THAT(refusal_after([](json& report) { report["kind"] = "dance"; }),
              HasSubstr("of kind \"dance\""));
  EXPECT_EQ(refusal_after([](json& report) { report.erase("workloads"); }),
            "was written by regatta, but is the report of neither a run nor a gate");
}

TEST(ReportReader, PointsAtWhatBreaksTheSchema) {
  EXPECT_EQ(refusal_after([](json& report) { report["seconds"] = "long"; }),
            "was changed by hand or damaged: /seconds is \"long\"; it must be a number");
  EXPECT_EQ(refusal_after([](json& report) { report.erase("environment"); }),
            "was changed by hand or damaged: the document lacks 'environment'");
  EXPECT_EQ(refusal_after([](json& report) {
              report["workloads"][0]["cells"][1]["epochs"][4]["elapsed_seconds"] = -2;
              report["interrupted"] = 0;
            }),
            "was changed by hand or damaged: /interrupted is 0; it must be a boolean (and 1 more)");
}

TEST(ReportReader, PointsAtContradictions) {
  const auto refused = [](const std::function<void(json & workload)>& change) {
    return refusal_after([&](json& report) { change(report["workloads"][0]); });
  };
  EXPECT_EQ(
      refused([](json& one) { one["recommendation"]["choice"][0] = "z"; }),
      "contradicts itself: /workloads/0/recommendation/choice/0 names \"z\", which is not among "
      "the cells");
  EXPECT_EQ(refused([](json& one) { one["cells"][2]["epochs"] = one["cells"][0]["epochs"]; }),
            "contradicts itself: /workloads/0/cells/2/epochs is an array of 20, but by the rest of "
            "the report it is an array of 0");
  EXPECT_EQ(refused([](json& one) { one["cells"][0]["median_throughput"] = 999; }),
            "contradicts itself: /workloads/0/cells/0/median_throughput is 999, but by the rest of "
            "the report it is 100.0");
  EXPECT_THAT(refused([](json& one) { one["cells"][0]["outcome"] = "failed"; }),
              HasSubstr("/workloads/0/cells/0/epochs is an array of 20"));
  EXPECT_THAT(refused([](json& one) { one["cells"][2]["outcome"] = "ok"; }),
              HasSubstr("/workloads/0/cells/2/reason is there, but the outcome is ok"));
  EXPECT_THAT(refused([](json& one) { one["cells"][1]["label"] = "a"; }),
              HasSubstr("/workloads/0/cells/1/label is \"a\", which an earlier cell is called"));
  EXPECT_THAT(refused([](json& one) { one["recommendation"]["verdict"] = "tie"; }),
              HasSubstr("/workloads/0/recommendation/choice has 1 of them"));
  EXPECT_THAT(refused([](json& one) { one["recommendation"]["runner_up"] = "z"; }),
              HasSubstr("runner_up names \"z\""));
  EXPECT_THAT(refused([](json& one) { one["recommendation"]["runner_up"] = nullptr; }),
              HasSubstr("/recommendation/lead is there, but no runner_up"));
  EXPECT_THAT(refused([](json& one) { one["recommendation"]["standings"][1]["label"] = "z"; }),
              HasSubstr("standings/1/label names \"z\""));
  EXPECT_THAT(refused([](json& one) { one["cells"][1]["beaten_by"] = "z"; }),
              HasSubstr("/cells/1/beaten_by names \"z\""));
  EXPECT_THAT(refused([](json& one) { one["recommendation"]["lead"]["upper"] = 0.5; }),
              HasSubstr("/recommendation/lead has its ratio outside of its own interval"));
  EXPECT_THAT(refused([](json& one) {
                one["cells"][0]["latency"]["p50_seconds"] = 2;
                one["cells"][0]["latency"]["p99_seconds"] = 1;
              }),
              HasSubstr("/cells/0/latency has a percentile that is smaller than a lower one"));
  EXPECT_THAT(refused([](json& one) {
                one["cells"][0]["latency"]["p50_interval_95"] = {2, 1};
              }),
              HasSubstr("/cells/0/latency has an interval that ends before it begins"));
  const json taken = {{"name", "wait"},     {"count", 9},         {"sum_seconds", 1},
                      {"p50_seconds", 0.2}, {"p90_seconds", 0.1}, {"p99_seconds", nullptr},
                      {"max_seconds", 0.3}};
  EXPECT_THAT(refused([&](json& one) { one["cells"][0]["measures"] = json::array({taken}); }),
              HasSubstr("/cells/0/measures/0 has a percentile that is smaller than a lower one"));
  json right = taken;
  right["p90_seconds"] = 0.25;
  EXPECT_THAT(refused([&](json& one) {
                one["cells"][0]["measures"] = {right, right};
              }),
              HasSubstr("/cells/0/measures/1/name is \"wait\", as an earlier measure is called"));
  EXPECT_THAT(refused([](json& one) { one["not_run"] = "no such folder"; }),
              HasSubstr("/complete is true, but by the rest of the report it is false"));
  EXPECT_THAT(refusal_after([](json& report) { report["complete"] = false; }),
              HasSubstr("/complete is false, but by the rest of the report it is true"));
  EXPECT_THAT(refused([](json& one) { one["load"] = "open loop"; }), HasSubstr("/load is"));
}

// Whatever is damaged, it ends in a sentence.
TEST(ReportReader, AnyChangedValueIsReadOrRefusedInASentence) {
  const json whole = json::parse(tiny_report());
  const json flat = whole.flatten();
  const std::vector<json> others{json(),     json(-1),         json(1e300),    json("x"),
                                 json(true), json::array({1}), json::object(), json(~0ULL)};
  std::size_t next = 0;
  for (const auto& [pointer, value] : flat.items()) {
    const json& other = others[next++ % others.size()];
    json report = whole;
    report[json::json_pointer(pointer)] = other;
    const std::string said = refusal(report.dump());
    ASSERT_EQ(said.find('\n'), std::string::npos) << pointer << " " << other;
    ASSERT_EQ(said.find("exception"), std::string::npos) << pointer << " " << other;
  }
}

}  // namespace
}  // namespace regatta::test
