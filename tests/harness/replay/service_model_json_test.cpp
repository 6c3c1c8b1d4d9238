// SPDX-License-Identifier: Apache-2.0
#include "harness/replay/service_model_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "harness/replay/phase_merging.hpp"
#include "tests/harness/replay/service_models.hpp"
#include "tests/workloads/temporary_directory.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

json sample_json() {
  return json::parse(R"({
    "arrival_ns": 1000, "queue_ns": 50000, "latency_ns": 5250000, "cpu_ns": 200000,
    "bytes_in": 300, "bytes_out": 4000,
    "phases": [{"kind": "cpu", "wall_ns": 150000, "cpu_ns": 140000},
               {"kind": "upstream", "wall_ns": 5000000, "cpu_ns": 0, "peer": "tcp 127.0.0.1:9000"},
               {"kind": "cpu", "wall_ns": 60000, "cpu_ns": 60000}]})");
}

json profile_json() {
  return {{"report", "profile"},
          {"process", {{"pid", 812}, {"name", "python3"}}},
          {"threads", {{{"kind", "loop"}, {"cpu_ns", 900}}, {{"kind", "worker"}, {"cpu_ns", 100}}}},
          {"requests",
           {{"tier", "eBPF"},
            {"window_s", 10.5},
            {"followed", 20},
            {"pool",
             {{"loops", 1},
              {"loop_threads", 1},
              {"other_threads", 2},
              {"processes", 1},
              {"concurrency_mean", 1.5}}},
            {"classes",
             {{{"name", "GET /answer"},
               {"count", 21},
               {"rate_per_s", 2},
               {"samples", {sample_json(), sample_json()}}}}}}}};
}

std::string complaint_about(const json& document) {
  try {
    read_service_model(document);
  } catch (const bad_service_model& error) {
    return error.what();
  }
  return "none";
}

TEST(ServiceModelJson, ReadsAProfile) {
  const service_model model = read_service_model(profile_json());
  EXPECT_EQ(model.source, "python3 (pid 812)");
  EXPECT_EQ(model.tier, "eBPF");
  EXPECT_EQ(model.window, 10.5);
  EXPECT_EQ(model.pool.loops, 1U);
  EXPECT_EQ(model.pool.other_threads, 2U);
  EXPECT_EQ(model.pool.concurrency_mean, 1.5);
  EXPECT_NEAR(model.pool.beside_the_loops.value_or(0), 0.1, 1e-12);
  ASSERT_EQ(model.classes.size(), 1U);
  EXPECT_EQ(model.classes[0].count, 21U);
  ASSERT_EQ(model.classes[0].samples.size(), 2U);
  const request_sample& sample = model.classes[0].samples[0];
  EXPECT_EQ(sample.queue, 50us);
  EXPECT_EQ(sample.bytes_out, 4000U);
  ASSERT_EQ(sample.phases.size(), 3U);
  EXPECT_EQ(sample.phases[1].kind, phase_kind::upstream);
  EXPECT_EQ(sample.phases[1].wall, 5ms);
  EXPECT_EQ(sample.phases[1].peer, "tcp 127.0.0.1:9000");
}

TEST(ServiceModelJson, AWorkloadFileGivesTheSameServiceAgain) {
  const service_model model = read_service_model(profile_json());
  const temporary_directory folder;
  folder.write("workload.json", workload_file_text(model));
  EXPECT_EQ(load_service_model(folder.path() / "workload.json"), model);
}

TEST(ServiceModelJson, KeepsAFileReadableWhateverAClassIsCalled) {
  service_model model = read_service_model(profile_json());
  model.classes[0].name = "GET /\xff\xfe";
  EXPECT_NO_THROW(read_service_model(json::parse(workload_file_text(model))));
}

TEST(ServiceModelJson, SaysWhatIsMissing) {
  EXPECT_THAT(complaint_about(json::object()), HasSubstr("neither a profile with requests"));
  EXPECT_THAT(complaint_about({{"report", "profile"}}), HasSubstr("a profile without requests"));
  EXPECT_THAT(complaint_about(json::array()), HasSubstr("it must be an object"));
  json empty = profile_json();
  empty["requests"]["classes"] = json::array();
  EXPECT_THAT(complaint_about(empty), HasSubstr("no samples of requests"));
  json none = profile_json();
  none["requests"].erase("classes");
  EXPECT_EQ(complaint_about(none), "/requests lacks classes");
}

TEST(ServiceModelJson, NamesTheMemberThatIsWrong) {
  const auto with = [](const char* pointer, json value) {
    json document = profile_json();
    document[json::json_pointer(pointer)] = std::move(value);
    return complaint_about(document);
  };
  const std::string sample = "/requests/classes/0/samples/1";
  EXPECT_EQ(with((sample + "/cpu_ns").c_str(), -5),
            sample + "/cpu_ns is -5; it must be a number from 0 to 3.6e+12");
  EXPECT_THAT(with((sample + "/latency_ns").c_str(), 1e300), HasSubstr("from 0 to"));
  EXPECT_THAT(with((sample + "/bytes_in").c_str(), 1e12), HasSubstr("bytes_in"));
  EXPECT_THAT(with((sample + "/phases/0/kind").c_str(), "gpu"),
              HasSubstr("cpu, upstream, sleep, disk"));
  EXPECT_THAT(with((sample + "/phases/0/kind").c_str(), 3), HasSubstr("it must be a text"));
  EXPECT_THAT(with((sample + "/phases").c_str(), "none"), HasSubstr("it must be a list"));
  EXPECT_THAT(with(sample.c_str(), 7), HasSubstr("it must be an object"));
  EXPECT_THAT(with("/requests/pool", "big"), HasSubstr("/requests/pool is \"big\""));
  EXPECT_THAT(with("/requests", json::array()), HasSubstr("it must be an object"));
}

TEST(ServiceModelJson, RefusesAWorkloadFileOfAnotherVersion) {
  json document = json::parse(workload_file_text(read_service_model(profile_json())));
  document["schema_version"] = 9;
  EXPECT_EQ(complaint_about(document), "/schema_version is 9; it must be 1");
}

TEST(ServiceModelJson, SurvivesWhatIsNoJson) {
  const temporary_directory folder;
  for (const std::string text : {"", "{", "\x00\xff", "[[[[", "nul", "{\"requests\": 1e999}"}) {
    folder.write("file.json", text);
    EXPECT_THROW(load_service_model(folder.path() / "file.json"), bad_service_model) << text;
  }
  folder.write("deep.json", std::string(100'000, '['));
  EXPECT_THROW(load_service_model(folder.path() / "deep.json"), bad_service_model);
  EXPECT_THROW(load_service_model(folder.path() / "none.json"), std::system_error);
}

TEST(ServiceModelJson, NoPartOfAProfileCanBeReplacedByGarbageAndCrash) {
  const json flat = profile_json().flatten();
  for (const auto& [pointer, value] : flat.items()) {
    for (const json& garbage : {json(), json(-1), json(1e30), json("x"), json::array({1}),
                                json::object({{"a", 1}}), json(true)}) {
      json document = profile_json();
      document[json::json_pointer(pointer)] = garbage;
      try {
        const service_model model = read_service_model(document);
        EXPECT_FALSE(model.classes.empty());
        EXPECT_GE(demand_of(model).cpu, 0);
      } catch (const bad_service_model& error) {
        EXPECT_GT(std::string(error.what()).size(), 10U);
      }
    }
  }
}

TEST(ServiceModelJson, TakesTheWorkOfOtherThreadsFromTheTimeThatLookedLikeSleep) {
  json document = profile_json();
  json& only = document["requests"]["classes"][0];
  only["cpu_elsewhere_ns"] = 600'000;
  only["cpu_per_request_ns"] = {{"mean", 800'000}};
  for (json& sample : only["samples"]) {
    sample["phases"].push_back({{"kind", "sleep"}, {"wall_ns", 2'000'000}, {"cpu_ns", 0}});
    sample["phases"].push_back({{"kind", "loop_lag"}, {"wall_ns", 77'000}, {"cpu_ns", 0}});
  }
  const service_model model = read_service_model(document);
  EXPECT_NEAR(model.pool.beside_the_loops.value_or(0), 0.75, 1e-9);
  const request_sample& sample = model.classes[0].samples[0];
  EXPECT_EQ(sample.cpu, 800us);
  ASSERT_EQ(sample.phases.size(), 4U);
  EXPECT_EQ(sample.phases[3].cpu, 600us);
  EXPECT_EQ(sample.phases[3].wall, 2ms);
}

TEST(ServiceModelJson, HousekeepingIsNoPartOfARequest) {
  json document = profile_json();
  json& only = document["requests"]["classes"][0];
  only["cpu_elsewhere_ns"] = 50'000;
  for (json& sample : only["samples"]) {
    sample["phases"].push_back({{"kind", "sleep"}, {"wall_ns", 2'000'000}, {"cpu_ns", 0}});
  }
  const service_model model = read_service_model(document);
  EXPECT_NEAR(model.pool.beside_the_loops.value_or(0), 0.2, 1e-9);
  EXPECT_EQ(model.classes[0].samples[0].cpu, 200us);
  only["cpu_elsewhere_ns"] = 900'000'000;
  for (json& sample : only["samples"]) sample["phases"].erase(3);
  EXPECT_EQ(read_service_model(document).classes[0].samples[0].cpu, 200us)
      << "nobody can have waited for it";
}

TEST(ServiceModelJson, CountsWhatElseTakesTheServicesCpus) {
  json document = profile_json();
  EXPECT_EQ(read_service_model(document).cpu_beside, 0us);
  document["requests"]["cpu_beside_ns"] = 200'000;
  EXPECT_EQ(read_service_model(document).cpu_beside, 200us);
  document["driven"]["load"] = {
      {"total", {{"requests", 1000}}},
      {"client", {{"threads", {{{"cpu_seconds", 0.5}, {"polled_seconds", 0.4}}}}}}};
  EXPECT_EQ(read_service_model(document).cpu_beside, 300us);
  document["driven"]["load"]["total"]["requests"] = 0;
  EXPECT_EQ(read_service_model(document).cpu_beside, 200us);
}

std::chrono::nanoseconds sum_of(const std::vector<request_phase>& phases, phase_kind kind) {
  return std::accumulate(phases.begin(), phases.end(), 0ns, [&](auto sum, const auto& each) {
    return each.kind == kind ? sum + each.wall : sum;
  });
}

TEST(PhaseMerging, MakesPhasesSumToTheCpuTimeOfTheRequest) {
  request_sample sample = request(
      {phase(phase_kind::cpu, 1ms), phase(phase_kind::upstream, 5ms), phase(phase_kind::cpu, 3ms)});
  sample.cpu = 2ms;
  make_phases_add_up(sample);
  EXPECT_EQ(sample.phases[0].cpu, 500us);
  EXPECT_EQ(sample.phases[2].cpu, 1500us);
  EXPECT_EQ(sample.phases[1].wall, 5ms);
}

TEST(PhaseMerging, GivesARequestWithoutPhasesItsCpuTimeAndAWait) {
  request_sample sample{.queue = 1ms, .latency = 10ms, .cpu = 2ms};
  make_phases_add_up(sample);
  ASSERT_EQ(sample.phases.size(), 2U);
  EXPECT_EQ(sample.phases[0].cpu, 2ms);
  EXPECT_EQ(sample.phases[1].kind, phase_kind::other);
  EXPECT_EQ(sample.phases[1].wall, 7ms);
}

TEST(PhaseMerging, KeepsTheSumsOfEachKindOfAStreamOfTokens) {
  std::vector<request_phase> phases;
  for (int i = 0; i < 5000; ++i) {
    phases.push_back(phase(phase_kind::cpu, std::chrono::microseconds(10 + i % 7)));
    phases.push_back(phase(phase_kind::upstream, std::chrono::milliseconds(1 + i % 3)));
    if (i % 100 == 0) phases.push_back(phase(phase_kind::disk, 50us));
  }
  const auto fewer = merged_phases(phases, most_phases);
  EXPECT_LE(fewer.size(), most_phases);
  EXPECT_GE(fewer.size(), most_phases / 2);
  for (const phase_kind kind : {phase_kind::cpu, phase_kind::upstream, phase_kind::disk}) {
    EXPECT_EQ(sum_of(fewer, kind), sum_of(phases, kind));
  }
}

TEST(PhaseMerging, GathersWaitsTooShortToBeReplayed) {
  const auto merged = merged_phases(
      {phase(phase_kind::cpu, 1ms), phase(phase_kind::other, 20us), phase(phase_kind::cpu, 2ms),
       phase(phase_kind::upstream, 9ms), phase(phase_kind::sleep, 30us)},
      most_phases);
  ASSERT_EQ(merged.size(), 2U);
  EXPECT_EQ(merged[0], phase(phase_kind::cpu, 3ms));
  EXPECT_EQ(merged[1], phase(phase_kind::upstream, 9050us));
}

TEST(PhaseMerging, LeavesShortOnesAsTheyAre) {
  const std::vector<request_phase> phases = {
      phase(phase_kind::cpu, 1us), phase(phase_kind::lock, 2us), phase(phase_kind::cpu, 3us)};
  EXPECT_EQ(merged_phases(phases, most_phases), phases);
}

}  // namespace
}  // namespace regatta::test
