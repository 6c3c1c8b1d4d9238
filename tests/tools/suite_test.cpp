// SPDX-License-Identifier: Apache-2.0
#include "tools/suite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/tools/complaint.hpp"
#include "tests/workloads/temporary_directory.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string complaint_about(const run_request& request) {
  return complaint([&] { make_plan(request); });
}

std::vector<std::string> workloads_of(const run_plan& plan) {
  std::vector<std::string> names;
  for (const auto& each : plan.workloads) names.push_back(each.workload);
  return names;
}

std::vector<std::string> labels_of(const workload_plan& plan) {
  std::vector<std::string> labels;
  for (const auto& each : plan.backends) labels.push_back(each.label);
  return labels;
}

run_request filtered(std::vector<std::string> workloads, std::vector<std::string> backends = {}) {
  run_request request;
  request.workload_filters = std::move(workloads);
  request.backend_filters = std::move(backends);
  return request;
}

TEST(ParseDuration, TakesANumberAndAUnit) {
  EXPECT_EQ(parse_duration("x", "50s"), 50s);
  EXPECT_EQ(parse_duration("x", "1500ms"), 1500ms);
  EXPECT_EQ(parse_duration("x", "2m"), 2min);
  EXPECT_EQ(parse_duration("x", "1h"), 1h);
  EXPECT_EQ(parse_duration("x", "1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("x", "7"), 7s);
}

TEST(ParseDuration, RefusesNonsenseAndNamesWhatItWasFor) {
  for (const char* text :
       {"", "s", "soon", "-5s", "0s", "5 s", " 5s", "5sec", "5s5", "nan", "inf", "1e99h", "200h"}) {
    EXPECT_THAT(complaint([&] { parse_duration("--budget", text); }),
                AllOf(HasSubstr("--budget takes a time like 50s"),
                      HasSubstr("'" + std::string(text) + "'")))
        << text;
  }
}

TEST(ParseDuration, NeverTurnsATimeIntoNone) {
  // A budget of zero means something else.
  EXPECT_THAT(complaint([] {
                if (parse_duration("x", "0.4ms") > 0ms) throw usage_error("it is not zero");
              }),
              ::testing::Not("no usage_error"));
}

TEST(MakePlan, TheSuitesThatComeAlongArePlans) {
  for (const char* name : {"quick", "standard", "full"}) {
    run_request request;
    request.suite = name;
    const run_plan plan = make_plan(request);
    EXPECT_FALSE(plan.workloads.empty()) << name;
    for (const auto& each : plan.workloads) {
      EXPECT_GT(each.in_flight, 0U);
      EXPECT_GT(each.backends.size(), 5U) << name;
    }
  }
}

TEST(MakePlan, PatternsOfServicesAreInTheFullSuiteOnly) {
  const auto has = [](const char* suite, const std::string& workload) {
    run_request request;
    request.suite = suite;
    const auto names = workloads_of(make_plan(request));
    return std::find(names.begin(), names.end(), workload) != names.end();
  };
  for (const char* pattern : {"rate-limited-llm", "timeout-fallback", "model-ready", "batch-errors",
                              "token-counter", "text-clean", "matmul", "pool-map"}) {
    EXPECT_TRUE(has("full", pattern)) << pattern;
    EXPECT_FALSE(has("standard", pattern)) << pattern << " would take the others' time";
    EXPECT_FALSE(has("quick", pattern)) << pattern;
  }
  EXPECT_TRUE(has("standard", "wait-compute"));
}

TEST(MakePlan, FiltersByGlobInTheOrderAsked) {
  const run_plan plan = make_plan(filtered({"tokeni*", "rag"}, {"coroutine*", "serial"}));
  EXPECT_THAT(workloads_of(plan), ElementsAre("tokenize", "rag"));
  const auto labels = labels_of(plan.workloads[0]);
  EXPECT_EQ(labels.back(), "serial");
  EXPECT_EQ(std::count_if(labels.begin(), labels.end(),
                          [](const auto& label) { return label.starts_with("coroutine"); }),
            static_cast<std::ptrdiff_t>(labels.size()) - 1);
}

TEST(MakePlan, WhatTwoFiltersMatchRunsOnce) {
  const run_plan plan = make_plan(filtered({"tokenize", "tokeni*"}, {"thread", "thread", "thr*d"}));
  EXPECT_THAT(workloads_of(plan), ElementsAre("tokenize"));
  EXPECT_THAT(labels_of(plan.workloads[0]), ElementsAre("thread"));
}

TEST(MakePlan, ABackendMayRunTwiceWithDifferentOptions) {
  const run_plan plan = make_plan(filtered({"tokenize"}, {"process", "process:chunk=8"}));
  EXPECT_THAT(labels_of(plan.workloads[0]), ElementsAre("process", "process:chunk=8"));
}

TEST(MakePlan, AFilterThatMatchesNothingIsAMistake) {
  EXPECT_EQ(complaint_about(filtered({"tokenise"})),
            "no workload matches 'tokenise'; did you mean 'tokenize'?");
  EXPECT_THAT(complaint_about(filtered({"zzz*"})),
              HasSubstr("no workload matches 'zzz*'; there are: "));
  EXPECT_THAT(complaint_about(filtered({"tokenize"}, {"trhead"})),
              HasSubstr("did you mean 'thread'?"));
}

TEST(MakePlan, TheCommandLineGoesBeforeTheSuite) {
  auto request = filtered({"tokenize"});
  request.budget = "7s";
  request.in_flight = 3;
  request.rate = 12.5;
  request.seed = 99;
  request.scale = "full";
  request.machine_card = false;
  const run_plan plan = make_plan(request);
  EXPECT_EQ(plan.budget, 7s);
  EXPECT_EQ(plan.card_budget, 0ms);
  EXPECT_EQ(plan.seed, 99U);
  EXPECT_EQ(plan.workloads[0].in_flight, 3U);
  EXPECT_EQ(plan.workloads[0].rate, 12.5);
  EXPECT_EQ(plan.workloads[0].options.scale, dataset_scale::full);
  EXPECT_EQ(plan.workloads[0].options.seed, 99U);
}

TEST(MakePlan, EventLoopsAreWatchedUnlessTheUserOrTheObjectiveIsAgainstIt) {
  auto request = filtered({"tokenize"});
  EXPECT_EQ(make_plan(request).blocked_over, 10ms);
  request.by = "memory";  // which what the monitor reads would count in
  EXPECT_EQ(make_plan(request).blocked_over, std::nullopt);
  request.by = "cpu";
  EXPECT_EQ(make_plan(request).blocked_over, 10ms);
  request.monitor = false;
  EXPECT_EQ(make_plan(request).blocked_over, std::nullopt);
}

TEST(MakePlan, ALoadThatCannotBeIsRefused) {
  auto request = filtered({"tokenize"});
  request.in_flight = 0;
  EXPECT_THAT(complaint_about(request), HasSubstr("in flight lies between 1 and 100000"));
  request.in_flight = 100'001;
  EXPECT_THAT(complaint_about(request), HasSubstr("in flight lies between 1 and 100000"));
  request.in_flight.reset();
  for (const double rate : {-1.0, 0.0, std::nan(""), 1e300}) {
    request.rate = rate;
    EXPECT_THAT(complaint_about(request), HasSubstr("more than 0")) << rate;
  }
}

TEST(MakePlan, ABudgetThatMakesNoSenseIsRefusedByName) {
  auto request = filtered({"tokenize"});
  request.budget = "a while";
  EXPECT_THAT(complaint_about(request), AllOf(HasSubstr("--budget"), HasSubstr("'a while'")));
  request.budget.reset();
  request.item_timeout = "0s";
  EXPECT_THAT(complaint_about(request), HasSubstr("item timeout"));
  request.item_timeout.reset();
  request.scale = "huge";
  EXPECT_THAT(complaint_about(request), HasSubstr("quick, standard or full, not 'huge'"));
}

TEST(MakePlan, TheRaceIsWhatTheFlagsSay) {
  auto request = filtered({"tokenize"});
  const run_plan usual = make_plan(request);
  EXPECT_TRUE(usual.race);
  EXPECT_EQ(usual.by, objective::throughput);
  EXPECT_FALSE(usual.required.any());
  request.by = "cpu";
  request.slo = "p99=50ms";
  request.max_memory = "64MiB";
  request.must = {"isolate", "sync-libraries"};
  request.confidence = "99%";
  request.delta = "0.1";
  request.race = false;
  const run_plan plan = make_plan(request);
  EXPECT_EQ(plan.by, objective::cpu);
  EXPECT_EQ(plan.required.slo_p99, 0.05);
  EXPECT_EQ(plan.required.max_memory, 64U << 20U);
  EXPECT_TRUE(plan.required.isolate);
  EXPECT_TRUE(plan.required.sync_libraries);
  EXPECT_DOUBLE_EQ(plan.confidence, 0.99);
  EXPECT_DOUBLE_EQ(plan.practical_difference, 0.1);
  EXPECT_FALSE(plan.race);
}

TEST(MakePlan, AConfidenceOrADifferenceThatCannotBeIsRefusedByItsFlag) {
  auto request = filtered({"tokenize"});
  for (const char* text : {"0.5", "1", "95", "100%"}) {
    request.confidence = text;
    EXPECT_THAT(complaint_about(request), HasSubstr("--confidence lies between 0.5 and 1")) << text;
  }
  request.confidence.reset();
  for (const char* text : {"5", "100%"}) {
    request.delta = text;
    EXPECT_THAT(complaint_about(request), HasSubstr("--delta is a share")) << text;
  }
}

TEST(MakePlan, AnEndpointThatIsNoneIsRefused) {
  auto request = filtered({"tokenize"});
  request.endpoint = "localhost:8080";
  EXPECT_THAT(complaint_about(request),
              AllOf(HasSubstr("'localhost:8080'"), HasSubstr("http:// or https://")));
  request.endpoint = "http://127.0.0.1:1";
  EXPECT_EQ(make_plan(request).external_endpoints.at("llm"), "http://127.0.0.1:1");
  request.api_key_variable = "REGATTA_TEST_NO_SUCH_VARIABLE";
  EXPECT_THAT(complaint_about(request), HasSubstr("REGATTA_TEST_NO_SUCH_VARIABLE is not set"));
  request.endpoint.reset();
  EXPECT_THAT(complaint_about(request), HasSubstr("--endpoint")) << "a key for nobody";
}

TEST(MakePlan, ServiceSettingsAreKeysAndValues) {
  auto request = filtered({"tokenize"});
  request.service_settings = {"llm.ttft=200ms", "llm.text=a=b"};
  const auto settings = make_plan(request).service_settings;
  EXPECT_EQ(settings.at("llm.ttft"), "200ms");
  EXPECT_EQ(settings.at("llm.text"), "a=b");
  request.service_settings = {"llm.ttft"};
  EXPECT_THAT(complaint_about(request), HasSubstr("key=value"));
  for (const char* setting : {"lml.ttft=1ms", "ttft=1ms", "llm=1ms", "llm.=1ms", "=1ms"}) {
    request.service_settings = {setting};
    EXPECT_THAT(complaint_about(request),
                HasSubstr("the services are database, documents, echo, files, llm"))
        << setting;
  }
}

}  // namespace
}  // namespace regatta::test
