// SPDX-License-Identifier: Apache-2.0
#include "workloads/io/chat_completion.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>

#include "tests/workloads/opened_workload.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta::test {
namespace {

std::string complaint(unsigned status, std::string body) {
  try {
    chat_completion_content({status, std::move(body)});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ChatCompletionRequest, IsWhatTheApiTakes) {
  const http_request request = chat_completion_request("some-model", "say \"hi\"\n", 16);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/v1/chat/completions");
  ASSERT_EQ(request.headers.size(), 1u);
  EXPECT_EQ(request.headers[0].second, "application/json");
  const auto expected = nlohmann::json::parse(R"({
    "model": "some-model", "max_tokens": 16,
    "messages": [{"role": "user", "content": "say \"hi\"\n"}]})");
  EXPECT_EQ(nlohmann::json::parse(request.body), expected);
}

TEST(ChatCompletionRequest, ReplacesBytesThatAreNotUtf8) {
  const auto body = nlohmann::json::parse(chat_completion_request("m", "caf\xe9", 1).body);
  EXPECT_EQ(body["messages"][0]["content"], "caf\uFFFD");
}

TEST(ChatCompletionContent, IsTheFirstChoice) {
  EXPECT_EQ(chat_completion_content(
                {200, R"({"choices": [{"message": {"role": "assistant", "content": "Hello"}}]})"}),
            "Hello");
}

TEST(ChatCompletionContent, TellsWhatTheServiceSaidInstead) {
  EXPECT_EQ(complaint(429, R"({"error": {"message": "Rate limit reached", "type": "tokens"}})"),
            "the LLM answered 429: Rate limit reached");
  EXPECT_EQ(complaint(502, "<html>Bad Gateway</html>"), "the LLM answered 502");
  EXPECT_EQ(complaint(500, R"({"error": "overloaded"})"), "the LLM answered 500");
}

TEST(ChatCompletionContent, RefusesOtherShapes) {
  const std::string expected = "the LLM answered 200 but not with a chat completion";
  for (const char* body : {"", "{", "[]", "null", R"({"choices": []})", R"({"choices": [{}]})",
                           R"({"choices": {"message": 1}})", R"({"choices": {"x": 1}})",
                           R"({"choices": [{"message": {"content": null}}]})"}) {
    EXPECT_EQ(complaint(200, body), expected) << body;
  }
}

TEST(LlmComplete, HasDistinctPromptsAndTheModelInItsDataset) {
  workload_options options = quick_options();
  options.model = "their-model";
  const opened_workload workload("llm-complete", options);
  EXPECT_EQ(as_text(dataset_parts(workload.dataset())[0]), "their-model");
  std::set<std::string_view> prompts;
  for (std::uint64_t i = 0; i < 256; ++i) prompts.insert(as_text(workload.input(i)));
  EXPECT_EQ(prompts.size(), 256u);
  EXPECT_EQ(workload.input(256).data(), workload.input(0).data());
}

TEST(LlmComplete, IsAFunctionOfTheSeed) {
  const auto build = workloads().at("llm-complete").build;
  EXPECT_EQ(build(quick_options(1)), build(quick_options(1)));
  EXPECT_NE(build(quick_options(1)), build(quick_options(2)));
}

}  // namespace
}  // namespace regatta::test
