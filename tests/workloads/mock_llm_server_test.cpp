// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/mock_llm_server.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/workloads/mock_llm_client.hpp"
#include "workloads/servers/completion_text.hpp"
#include "workloads/servers/mock_document.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

TEST(MockLlmServer, AnswersAsTheOpenAiApiDoes) {
  running_server running;
  const answer got = client(running.server.port()).post(chat("Hello", 5).dump());
  EXPECT_EQ(got.status, 200U);
  EXPECT_NE(got.head.find("Content-Type: application/json\r\n"), std::string::npos);
  const json body = got.parsed();
  EXPECT_EQ(body["object"], "chat.completion");
  EXPECT_EQ(body["model"], "regatta-mock");
  EXPECT_TRUE(body["id"].is_string());
  EXPECT_GT(body["created"], 1'600'000'000);
  const json& choice = body["choices"].at(0);
  EXPECT_EQ(choice["index"], 0);
  EXPECT_EQ(choice["message"]["role"], "assistant");
  EXPECT_EQ(choice["finish_reason"], "length");
  EXPECT_EQ(body["usage"],
            (json{{"prompt_tokens", 5}, {"completion_tokens", 5}, {"total_tokens", 10}}));
}

TEST(MockLlmServer, SaysTheSameWhateverItsSeed) {
  auto other_options = without_latency();
  other_options.seed = 99;
  running_server one;
  running_server other(other_options);
  client to_one(one.server.port());
  client to_other(other.server.port());
  const std::string request = chat("What is the tide?").dump();
  const std::string said = to_one.post(request).content();
  EXPECT_EQ(to_one.post(request).content(), said);
  EXPECT_EQ(to_other.post(request).content(), said);
  EXPECT_NE(to_one.post(chat("What is the time?").dump()).content(), said);
  const completion_text reference("regatta-mock", chat("What is the tide?")["messages"].dump());
  EXPECT_EQ(said, reference.first(12));
}

TEST(MockLlmServer, ContentIgnoresWhiteSpaceOfTheRequest) {
  running_server running;
  client to(running.server.port());
  EXPECT_EQ(to.post(chat("Hi").dump()).content(), to.post(chat("Hi").dump(4)).content());
}

TEST(MockLlmServer, UsesItsOwnLengthWhenNoneIsAsked) {
  auto options = without_latency();
  options.max_tokens = 7;
  running_server running(options);
  json request = chat("Hi");
  request.erase("max_tokens");
  const json body = client(running.server.port()).post(request.dump()).parsed();
  EXPECT_EQ(body["usage"]["completion_tokens"], 7);
  EXPECT_EQ(body["choices"][0]["finish_reason"], "stop");
}

TEST(MockLlmServer, StreamsOneEventPerTokenThatJoinToTheJsonContent) {
  running_server running;
  client to(running.server.port());
  json request = chat("Stream this");
  const std::string whole = to.post(request.dump()).content();
  request["stream"] = true;
  const answer got = to.post(request.dump());
  EXPECT_EQ(got.status, 200U);
  EXPECT_NE(got.head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  const auto events = events_of(got.body);
  ASSERT_EQ(events.size(), 12U + 2U);  // tokens, the reason for stopping, [DONE]
  std::string joined;
  for (std::size_t i = 0; i < 12; ++i) {
    const json event = json::parse(events[i]);
    EXPECT_EQ(event["object"], "chat.completion.chunk");
    EXPECT_TRUE(event["choices"][0]["finish_reason"].is_null());
    joined += event["choices"][0]["delta"]["content"].get<std::string>();
  }
  EXPECT_EQ(joined, whole);
  EXPECT_EQ(json::parse(events[0])["choices"][0]["delta"]["role"], "assistant");
  EXPECT_EQ(json::parse(events[12])["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(events[13], "[DONE]");
  EXPECT_EQ(to.get("/healthz").status, 200U);  // the connection is still good
}

TEST(MockLlmServer, StreamsTheUsageWhenAsked) {
  running_server running;
  json request = chat("Hi", 3);
  request["stream"] = true;
  request["stream_options"]["include_usage"] = true;
  const auto events = events_of(client(running.server.port()).post(request.dump()).body);
  ASSERT_EQ(events.size(), 3U + 3U);
  const json last = json::parse(events[4]);
  EXPECT_EQ(last["choices"], json::array());
  EXPECT_EQ(last["usage"]["completion_tokens"], 3);
}

TEST(MockLlmServer, LimitsTheRateWithRetryAfter) {
  auto options = without_latency();
  options.rate_limit_rate = 1;
  running_server running(options);
  const answer got = client(running.server.port()).post(chat("Hi").dump());
  EXPECT_EQ(got.status, 429U);
  EXPECT_NE(got.head.find("Retry-After: 1\r\n"), std::string::npos);
  EXPECT_EQ(got.parsed()["error"]["code"], "rate_limit_exceeded");
  EXPECT_EQ(running.server.stats().rate_limited, 1U);
}

TEST(MockLlmServer, FailsTheShareItIsTold) {
  auto options = without_latency();
  options.error_rate = 0.25;
  running_server running(options);
  client to(running.server.port());
  int failed = 0;
  for (int i = 0; i < 1000; ++i) failed += to.post(chat("Hi", 1).dump()).status == 500 ? 1 : 0;
  EXPECT_NEAR(failed, 250, 60);  // four standard deviations
  EXPECT_EQ(running.server.stats().errors, static_cast<std::uint64_t>(failed));
}

TEST(MockLlmServer, RefusesWhatItCannotUnderstand) {
  running_server running;
  client to(running.server.port());
  const std::string deep = std::string(100'000, '[');
  for (const std::string_view body : std::initializer_list<std::string_view>{
           "", "{", "[]", "\"\xff\"", "{}", R"({"model":"m"})", R"({"model":"m","messages":[]})",
           R"({"model":"m","messages":"hi"})", R"({"model":"m","messages":[{}]})",
           R"({"messages":[{"role":"user","content":"x"}]})",
           R"({"model":"m","messages":[{"role":"user"}],"max_tokens":0})",
           R"({"model":"m","messages":[{"role":"user"}],"max_tokens":-1})",
           R"({"model":"m","messages":[{"role":"user"}],"max_tokens":1e9})",
           R"({"model":"m","messages":[{"role":"user"}],"max_tokens":18446744073709551615})",
           R"({"model":"m","messages":[{"role":"user"}],"stream":"yes"})",
           R"({"model":"m","messages":[{"role":"user"}],"n":2})", deep}) {
    const answer got = to.post(body);
    EXPECT_EQ(got.status, 400U) << body.substr(0, 80);
    EXPECT_EQ(got.parsed()["error"]["type"], "invalid_request_error");
  }
  EXPECT_EQ(running.server.stats().refused, 17U);
  EXPECT_EQ(to.post(chat("Hi").dump()).status, 200U);
}

TEST(MockLlmServer, KnowsItsPathsAndMethods) {
  running_server running;
  client to(running.server.port());
  EXPECT_EQ(to.get("/v1/models").parsed()["data"][0]["object"], "model");
  EXPECT_EQ(to.get("/healthz?probe=1").status, 200U);
  EXPECT_EQ(to.get("/stats").parsed()["open_connections"], 1);
  EXPECT_EQ(to.get("/v1/nothing").status, 404U);
  EXPECT_EQ(to.get("/documents/x1").status, 404U);
  EXPECT_EQ(to.get("/documents/").status, 404U);
  const answer got = to.get("/v1/chat/completions");
  EXPECT_EQ(got.status, 405U);
  EXPECT_NE(got.head.find("Allow: POST\r\n"), std::string::npos);
  to.send("HEAD /documents/3 HTTP/1.1\r\n\r\n");
  EXPECT_NE(to.receive(/*head_only=*/true)
                .head.find(fmt::format("Content-Length: {}\r\n", mock_document(3).size())),
            std::string::npos);
  EXPECT_EQ(to.get("/healthz").status, 200U);
}

TEST(MockLlmServer, ServesTheDocumentsThatAnyoneCanCompute) {
  running_server running;
  client to(running.server.port());
  for (const std::uint64_t n : {0UL, 1UL, 77UL, ~0UL}) {
    EXPECT_EQ(to.get(fmt::format("/documents/{}", n)).body, mock_document(n));
  }
  EXPECT_NE(mock_document(1), mock_document(2));
  for (std::uint64_t n = 0; n < 2000; ++n) {
    const std::size_t size = mock_document(n).size();
    EXPECT_GE(size, 2048U) << n;
    EXPECT_LE(size, 8192U) << n;
  }
}

// Real time from here on: lower bounds only, since a busy machine may make everything late.
TEST(MockLlmServerTiming, AnswersNoEarlierThanItsLatency) {
  auto options = without_latency();
  options.time_to_first_token = parse_latency_distribution("40ms");
  options.time_between_tokens = parse_latency_distribution("10ms");
  running_server running(options);
  client to(running.server.port());
  json request = chat("Hi", 4);
  const auto started = std::chrono::steady_clock::now();
  to.post(request.dump());
  const auto whole = std::chrono::steady_clock::now();
  EXPECT_GE(whole - started, 70ms);
  request["stream"] = true;
  to.post(request.dump());
  EXPECT_GE(std::chrono::steady_clock::now() - whole, 70ms);
}

TEST(MockLlmServerTiming, AModelsNameMayAskForALatencyOfItsOwn) {
  auto options = without_latency();
  options.time_to_first_token = parse_latency_distribution("1000s");
  running_server running(options);
  client to(running.server.port());
  json request = chat("Hi", 4);
  request["model"] = "regatta-mock@30ms";
  for (const bool stream : {false, true}) {
    request["stream"] = stream;
    const auto started = std::chrono::steady_clock::now();
    EXPECT_EQ(to.post(request.dump()).status, 200U) << "it did not wait for the usual latency";
    EXPECT_GE(std::chrono::steady_clock::now() - started, 30ms);
  }
}

}  // namespace
}  // namespace regatta::test
