// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <time.h>

#include <chrono>
#include <set>

#include "harness/replay/service_model_json.hpp"
#include "harness/service.hpp"
#include "tests/harness/replay/service_models.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "tests/workloads/temporary_directory.hpp"

// Upstreams are asked from a real child process: this binary as `mock-llm`.

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

service_model model_of(std::vector<request_phase> phases, std::uint64_t bytes_in = 0,
                       std::uint64_t bytes_out = 0) {
  request_class only{.name = "GET /", .count = 40, .rate = 4};
  for (int i = 0; i < 40; ++i) {
    request_sample sample = request(phases);
    sample.bytes_in = bytes_in;
    sample.bytes_out = bytes_out;
    only.samples.push_back(std::move(sample));
  }
  return {.source = "test", .window = 10, .classes = {only}};
}

class ProfiledService : public testing::Test {
 protected:
  workload_options options_for(const service_model& model, double cpu_factor = 1) const {
    workload_options options = quick_options();
    options.input = folder_.write("service.json", workload_file_text(model));
    options.parameters["cpu-factor"] = cpu_factor;
    return options;
  }
  endpoint_map upstream() {
    service_ = services().at("upstream")(
        {.seed = 1, .scale = dataset_scale::quick, .directory = {}, .settings = {}});
    return {{"upstream", service_->endpoint()}};
  }

 private:
  temporary_directory folder_;
  std::unique_ptr<running_service> service_;
};

std::chrono::nanoseconds thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

TEST_F(ProfiledService, AnswersTheSameInBothColoursWhateverItsFactors) {
  const auto model = model_of({phase(phase_kind::cpu, 300us), phase(phase_kind::upstream, 1ms),
                               phase(phase_kind::disk, 50us), phase(phase_kind::cpu, 100us),
                               phase(phase_kind::other, 200us), phase(phase_kind::lock, 10us)},
                              700, 3000);
  const auto endpoints = upstream();
  opened_workload usual("profiled-service", options_for(model), endpoints);
  const buffer answer = usual.answer(3);
  EXPECT_EQ(answer.size(), 3000U);
  EXPECT_EQ(usual.async_answer(3), answer);
  EXPECT_NE(usual.answer(4), answer);
  opened_workload faster("profiled-service", options_for(model, 0), endpoints);
  EXPECT_EQ(faster.answer(3), answer);
}

TEST_F(ProfiledService, CarriesThePayloadOfTheRequest) {
  opened_workload small("profiled-service",
                        options_for(model_of({phase(phase_kind::cpu, 1us)}, 0, 0)));
  EXPECT_LT(small.input(0).size(), 200U);
  EXPECT_EQ(small.answer(0).size(), sizeof(std::uint64_t));
  opened_workload large("profiled-service",
                        options_for(model_of({phase(phase_kind::cpu, 1us)}, 100'000, 50'000)));
  EXPECT_EQ(large.input(0).size(), 100'000U);
  EXPECT_EQ(large.answer(0).size(), 50'000U);
}

TEST_F(ProfiledService, WhatOnlyWaitsHasAnAnswerToo) {
  opened_workload waits("profiled-service",
                        options_for(model_of({phase(phase_kind::other, 1us)}, 10, 100)));
  EXPECT_EQ(waits.answer(0).size(), 100U);
  EXPECT_EQ(waits.answer(0), waits.async_answer(0));
}

TEST_F(ProfiledService, RepeatsItselfAfterAPrimeNumberOfItems) {
  opened_workload example("profiled-service", quick_options());
  const std::uint64_t items = example.instance().distinct_items();
  EXPECT_GT(items, 12U);
  for (std::uint64_t d = 2; d * d <= items; ++d) EXPECT_NE(items % d, 0U);
  EXPECT_EQ(to_buffer(example.input(1)), to_buffer(example.input(items + 1)));
  std::set<buffer> different;
  for (std::uint64_t i = 0; i < items; ++i) different.insert(to_buffer(example.input(i)));
  EXPECT_EQ(different.size(), items);
}

TEST_F(ProfiledService, RefusesAFileThatIsNone) {
  workload_options options = quick_options();
  options.input = "/dev/null/nothing";
  EXPECT_ANY_THROW(workloads().at("profiled-service").build(options));
  const temporary_directory folder;
  options.input = folder.write("bad.json", "{}");
  EXPECT_THROW(workloads().at("profiled-service").build(options), bad_service_model);
}

TEST_F(ProfiledService, TimingItComputesAndWaitsAboutAsLongAsAsked) {
  opened_workload computes("profiled-service",
                           options_for(model_of({phase(phase_kind::cpu, 20ms)})));
  const auto before = thread_cpu();
  for (int i = 0; i < 5; ++i) computes.answer(static_cast<std::uint64_t>(i));
  const auto used = thread_cpu() - before;
  EXPECT_GT(used, 40ms);
  EXPECT_LT(used, 400ms);

  const auto endpoints = upstream();
  for (const phase_kind kind : {phase_kind::upstream, phase_kind::sleep, phase_kind::lock}) {
    opened_workload waits("profiled-service", options_for(model_of({phase(kind, 30ms)})),
                          endpoints);
    const auto begin = std::chrono::steady_clock::now();
    waits.answer(0);
    waits.async_answer(1);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 60ms);
  }
}

}  // namespace
}  // namespace regatta::test
