// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/workloads/mock_llm_client.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "workloads/dataset_parts.hpp"
#include "workloads/servers/completion_text.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

mock_llm_options slow_enough_to_meet() {
  mock_llm_options options = without_latency();
  options.time_to_first_token = parse_latency_distribution("20ms");
  return options;
}

workload_options with_parameters(std::map<std::string, double> parameters) {
  workload_options options = quick_options();
  options.parameters = std::move(parameters);
  return options;
}

endpoint_map llm_at(const running_server& running) {
  return {{"llm", "http://127.0.0.1:" + std::to_string(running.server.port())}};
}

std::string expected_answer(bytes_view input) {
  std::string lines;
  const dataset_parts prompts(input);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const std::string messages = chat(as_text(prompts[i]))["messages"].dump();
    lines += completion_text("regatta-mock", messages).first(16) + '\n';
  }
  return lines;
}

TEST(RateLimitedLlm, AnswersEveryPromptInOrderInBothColours) {
  running_server running;
  opened_workload workload("rate-limited-llm", quick_options(), llm_at(running));
  EXPECT_EQ(dataset_parts(workload.input(3)).size(), 12U);
  EXPECT_EQ(as_text(workload.answer(3)), expected_answer(workload.input(3)));
  EXPECT_EQ(workload.answer(3), workload.async_answer(3));
  EXPECT_EQ(running.server.stats().completions, 36U);
}

// A connection serves one request at a time: so many as there were at once.
TEST(RateLimitedLlm, NeverHasMoreThanTheLimitUnderWay) {
  running_server blocking(slow_enough_to_meet());
  opened_workload threads("rate-limited-llm", quick_options(), llm_at(blocking));
  threads.answer(0);
  EXPECT_LE(blocking.server.stats().peak_connections, 5U);
  EXPECT_GE(blocking.server.stats().peak_connections, 2U) << "one after the other";

  running_server async(slow_enough_to_meet());
  opened_workload loop("rate-limited-llm", quick_options(), llm_at(async));
  loop.async_answer(0);
  EXPECT_EQ(async.server.stats().peak_connections, 5U);
}

TEST(RateLimitedLlm, TheLimitIsAParameter) {
  running_server running(slow_enough_to_meet());
  opened_workload one("rate-limited-llm", with_parameters({{"limit", 1}, {"prompts", 3}}),
                      llm_at(running));
  one.answer(0);
  EXPECT_EQ(running.server.stats().peak_connections, 1U);
  opened_workload all("rate-limited-llm", with_parameters({{"limit", 100}}), llm_at(running));
  all.async_answer(0);
  EXPECT_GE(running.server.stats().peak_connections, 12U) << "the test would see a missing limit";
}

// Only lower bounds of time: a busy machine may make everything late.
TEST(RateLimitedLlm, BeginsNoMoreASecondThanItMay) {
  running_server running;
  opened_workload workload("rate-limited-llm",
                           with_parameters({{"per-second", 250}, {"limit", 2}, {"prompts", 12}}),
                           llm_at(running));
  for (const bool async : {false, true}) {
    const auto begin = std::chrono::steady_clock::now();
    const buffer answer = async ? workload.async_answer(1) : workload.answer(1);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 40ms);  // two at once, then ten
    EXPECT_EQ(as_text(answer), expected_answer(workload.input(1)));
  }
}

TEST(RateLimitedLlm, AFailedRequestGivesItsPlaceBackAndFailsTheItem) {
  mock_llm_options options = without_latency();
  options.error_rate = 1;
  running_server running(options);
  opened_workload workload("rate-limited-llm", quick_options(), llm_at(running));
  EXPECT_THROW(workload.answer(0), std::runtime_error);
  EXPECT_THROW(workload.async_answer(0), std::runtime_error);
  EXPECT_EQ(running.server.stats().errors, 24U) << "those behind the limit never had their turn";
}

}  // namespace
}  // namespace regatta::test
