// SPDX-License-Identifier: Apache-2.0
// Both clients against the mock LLM service: answers, streams, batches, and its death under load.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/harness/http/scripted_server.hpp"
#include "tests/harness/llm/llm_clients_asio.hpp"
#include "tests/workloads/mock_llm_client.hpp"
#include "workloads/servers/completion_text.hpp"

namespace regatta::test {
namespace {

std::string expected_answer(const std::string& said, unsigned tokens) {
  const json messages = {{{"role", "user"}, {"content", said}}};
  return completion_text("regatta-mock", messages.dump()).first(tokens);
}

template <class Client>
class LlmClient : public ::testing::Test {
 protected:
  static llm_client_options options_of(const running_server& running) {
    return options_for("http://127.0.0.1:" + std::to_string(running.server.port()));
  }
  static llm_parameters tokens(unsigned count) {
    llm_parameters parameters;
    parameters.max_tokens = count;
    return parameters;
  }
  static std::vector<llm_prompt> prompts(std::size_t count) {
    std::vector<llm_prompt> all;
    for (std::size_t i = 0; i < count; ++i) all.emplace_back("item " + std::to_string(i));
    return all;
  }
  static mock_llm_options taking(std::chrono::nanoseconds time) {
    auto options = without_latency();
    options.time_to_first_token = {latency_distribution::shape::constant, time, 0};
    return options;
  }
};
TYPED_TEST_SUITE(LlmClient, both_llm_clients, llm_client_names);

TYPED_TEST(LlmClient, CompletesAPrompt) {
  running_server running;
  TypeParam client(this->options_of(running));
  const llm_answer answer = client.complete("What is the tide?", this->tokens(12));
  EXPECT_EQ(answer.text, expected_answer("What is the tide?", 12));
  EXPECT_EQ(answer.model, "regatta-mock");
  EXPECT_EQ(answer.finish_reason, "length");
  ASSERT_TRUE(answer.usage);
  EXPECT_EQ(answer.usage->completion_tokens, 12U);
  EXPECT_GT(answer.usage->prompt_tokens, 0U);
}

TYPED_TEST(LlmClient, StreamsTheTokensOfTheSameAnswer) {
  running_server running;
  TypeParam client(this->options_of(running));
  const read_stream stream = client.read("What is the tide?");
  EXPECT_FALSE(stream.error);
  EXPECT_EQ(stream.tokens.size(), 16U) << "the server's default";
  EXPECT_EQ(stream.text(), expected_answer("What is the tide?", 16));
  EXPECT_EQ(stream.summary.finish_reason, "stop");
  ASSERT_TRUE(stream.summary.usage);
  EXPECT_EQ(stream.summary.usage->completion_tokens, 16U);
  EXPECT_EQ(client.complete("Hi").finish_reason, "stop");
  EXPECT_EQ(running.server.stats().peak_connections, 1U) << "on the connection of the stream";
}

TYPED_TEST(LlmClient, ABatchIsAnsweredInItsOrder) {
  auto latency = this->taking(2ms);
  latency.time_to_first_token.kind = latency_distribution::shape::exponential;  // out of order
  running_server running(latency);
  TypeParam client(this->options_of(running));
  const auto results = client.batch(this->prompts(60), 10, this->tokens(5));
  ASSERT_EQ(results.size(), 60U);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto* const answer = std::get_if<llm_answer>(&results[i]);
    ASSERT_NE(answer, nullptr) << std::get<llm_error>(results[i]).what();
    EXPECT_EQ(answer->text, expected_answer("item " + std::to_string(i), 5));
  }
  EXPECT_LE(running.server.stats().peak_connections, 10U);
}

TYPED_TEST(LlmClient, AnItemThatFailsDoesNotTakeTheBatchWithIt) {
  auto failing = without_latency();
  failing.error_rate = 0.3;
  running_server running(failing);
  TypeParam client(this->options_of(running));
  std::size_t failed = 0;
  for (const llm_result& result : client.batch(this->prompts(50), 8)) {
    if (const auto* const error = std::get_if<llm_error>(&result)) {
      EXPECT_EQ(error->status(), 500U);
      ++failed;
    }
  }
  EXPECT_EQ(failed, running.server.stats().errors);
  EXPECT_GT(failed, 0U);
  EXPECT_LT(failed, 50U);
}

TYPED_TEST(LlmClient, RetriesGetABatchThroughAServiceThatFailsOften) {
  auto failing = without_latency();
  failing.error_rate = 0.3;
  running_server running(failing);
  auto options = this->options_of(running);
  options.retry = quick_retries(20);
  TypeParam client(options);
  for (const llm_result& result : client.batch(this->prompts(50), 8)) {
    EXPECT_TRUE(std::holds_alternative<llm_answer>(result));
  }
  EXPECT_GT(running.server.stats().errors, 0U);
}

TYPED_TEST(LlmClient, AnEmptyBatchHasNoResults) {
  running_server running;
  TypeParam client(this->options_of(running));
  EXPECT_TRUE(client.batch({}, 5).empty());
  EXPECT_THROW(client.batch(this->prompts(1), 0), std::invalid_argument);
}

TYPED_TEST(LlmClient, AServiceThatDiesLosesOnlyWhatWasUnderWayAndIsFoundAgain) {
  constexpr std::size_t concurrency = 10;
  auto running = std::make_unique<running_server>(this->taking(5ms));
  auto again = this->taking(0ms);
  again.port = running->server.port();
  auto options = this->options_of(*running);
  options.retry = {.attempts = 1000, .first_delay = 2ms, .longest_delay = 10ms};
  TypeParam client(options);
  auto batch =
      std::async(std::launch::async, [&] { return client.batch(this->prompts(200), concurrency); });
  wait_until([&] { return running->server.stats().completions >= 50; });
  running.reset();  // in the middle of some answers, perhaps
  running = std::make_unique<running_server>(again);
  std::size_t lost = 0;
  const auto results = batch.get();
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (const auto* const answer = std::get_if<llm_answer>(&results[i])) {
      EXPECT_EQ(answer->text, expected_answer("item " + std::to_string(i), 16));
    } else {
      EXPECT_EQ(std::get<llm_error>(results[i]).failure(), llm_failure::truncated)
          << "what was not begun is tried again";
      ++lost;
    }
  }
  EXPECT_LE(lost, concurrency);
}

TYPED_TEST(LlmClient, WithoutRetriesADeadServiceIsReportedForEachItemAndFoundAgain) {
  auto running = std::make_unique<running_server>(this->taking(5ms));
  auto again = this->taking(0ms);
  again.port = running->server.port();
  TypeParam client(this->options_of(*running));
  auto batch = std::async(std::launch::async, [&] { return client.batch(this->prompts(200), 10); });
  wait_until([&] { return running->server.stats().completions >= 50; });
  running.reset();
  std::size_t answered = 0;
  for (const llm_result& result : batch.get()) {
    if (const auto* const error = std::get_if<llm_error>(&result)) {
      EXPECT_TRUE(error->failure() == llm_failure::connection ||
                  error->failure() == llm_failure::truncated)
          << error->what();
    } else {
      ++answered;
    }
  }
  EXPECT_GE(answered, 50U - 10U);
  EXPECT_LT(answered, 200U);
  running = std::make_unique<running_server>(again);
  for (const llm_result& result : client.batch(this->prompts(50), 10)) {
    EXPECT_TRUE(std::holds_alternative<llm_answer>(result));
  }
}

}  // namespace
}  // namespace regatta::test
