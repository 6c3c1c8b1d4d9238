// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>

#include "tests/harness/http/scripted_server.hpp"
#include "tests/workloads/mock_llm_client.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "workloads/servers/completion_text.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

std::string completion(const std::string& content) {
  return ok_with(R"({"choices": [{"message": {"content": ")" + content + R"("}}]})");
}

bool asks_the_primary(const std::string& request) {
  return request.find("regatta-mock@1000s") != std::string::npos;
}

workload_options with_timeout(double milliseconds) {
  workload_options options = quick_options();
  options.parameters["timeout"] = milliseconds;
  return options;
}

buffer answer_of(opened_workload& workload, bool async, std::uint64_t index) {
  return async ? workload.async_answer(index) : workload.answer(index);
}

class TimeoutFallback : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Colours, TimeoutFallback, ::testing::Values(true, false),
                         [](const auto& info) { return info.param ? "async" : "blocking"; });

TEST_P(TimeoutFallback, TheMockServersSlowModelIsGivenUpAndTheFastOneAnswers) {
  running_server running;
  opened_workload workload("timeout-fallback", with_timeout(100),
                           {{"llm", "http://127.0.0.1:" + std::to_string(running.server.port())}});
  const buffer answer = answer_of(workload, GetParam(), 5);
  const std::string messages = chat(as_text(workload.input(5)))["messages"].dump();
  EXPECT_EQ(as_text(answer), "fallback: " + completion_text("regatta-mock", messages).first(16));
  EXPECT_EQ(running.server.stats().completions, 2U) << "the primary was asked, too";
}

// The server goes on to the next connection only when the client has closed the one before: if
// giving up kept it, the fallback would wait for the server's patience to end, 20 s.
TEST_P(TimeoutFallback, GivingUpClosesTheConnectionAndThePoolDoesNotGrow) {
  std::atomic<int> connections{0};
  std::atomic<int> closed{0};
  scripted_server server([&](raw_connection& connection, int) {
    ++connections;
    while (const auto request = connection.request()) {
      if (!asks_the_primary(*request)) connection.send(completion("here"));
    }
    ++closed;
  });
  opened_workload workload("timeout-fallback", quick_options(), {{"llm", server.url()}});
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(as_text(answer_of(workload, GetParam(), 0)), "fallback: here");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
  EXPECT_EQ(closed, 4);
  // The primary asks on what the fallback before it kept: one connection is open at a time.
  EXPECT_EQ(connections, 5);
}

TEST_P(TimeoutFallback, APrimaryThatAnswersInTimeIsBelievedAndNobodyElseAsked) {
  std::atomic<int> fallbacks{0};
  scripted_server server([&](raw_connection& connection, int) {
    while (const auto request = connection.request()) {
      if (!asks_the_primary(*request)) ++fallbacks;
      connection.send(completion("quick"));
    }
  });
  opened_workload workload("timeout-fallback", with_timeout(10'000), {{"llm", server.url()}});
  EXPECT_EQ(as_text(answer_of(workload, GetParam(), 0)), "primary: quick");
  EXPECT_EQ(fallbacks, 0);
}

}  // namespace
}  // namespace regatta::test
