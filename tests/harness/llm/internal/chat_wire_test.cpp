// SPDX-License-Identifier: Apache-2.0
#include "harness/llm/internal/chat_wire.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "harness/llm/internal/llm_fault.hpp"

namespace regatta::internal {
namespace {

using json = nlohmann::json;

wire_request wire_of(const std::string& url, const llm_prompt& prompt = "Hi",
                     const llm_parameters& parameters = {}, bool stream = false) {
  llm_client_options options;
  options.endpoint = {url, "s3cret"};
  options.model = "the-model";
  return make_wire_request(options, prompt, parameters, stream);
}

json body_of(const wire_request& wire) {
  return json::parse(wire.bytes.substr(wire.bytes.find("\r\n\r\n") + 4));
}

TEST(ChatWire, SendsOnlyWhatWasGiven) {
  EXPECT_EQ(body_of(wire_of("http://h")),
            (json{{"model", "the-model"}, {"messages", {{{"role", "user"}, {"content", "Hi"}}}}}));
}

TEST(ChatWire, SendsEveryParameter) {
  llm_parameters all;
  all.model = "other";
  all.max_tokens = 5;
  all.temperature = 0.5;
  all.top_p = 0.9;
  all.seed = -1;
  all.stop = {"END"};
  all.more_json = R"({"user":"me"})";
  const json body = body_of(wire_of(
      "http://h", std::vector<llm_message>{{"system", "Be brief"}, {"user", "Hi"}}, all, true));
  EXPECT_EQ(body, (json{{"model", "other"},
                        {"messages",
                         {{{"role", "system"}, {"content", "Be brief"}},
                          {{"role", "user"}, {"content", "Hi"}}}},
                        {"max_tokens", 5},
                        {"temperature", 0.5},
                        {"top_p", 0.9},
                        {"seed", -1},
                        {"stop", {"END"}},
                        {"user", "me"},
                        {"stream", true},
                        {"stream_options", {{"include_usage", true}}}}));
}

TEST(ChatWire, WithoutAPathTheFirstVersionIsMeant) {
  EXPECT_EQ(wire_of("http://h:81").url, "http://h:81/v1/chat/completions");
  EXPECT_EQ(wire_of("https://h/openai/v2/").url, "https://h:443/openai/v2/chat/completions");
  EXPECT_TRUE(wire_of("http://h:81")
                  .bytes.starts_with("POST /v1/chat/completions HTTP/1.1\r\nHost: h:81\r\n"));
  EXPECT_NE(wire_of("http://[::1]:81").bytes.find("\r\nHost: [::1]:81\r\n"), std::string::npos);
}

TEST(ChatWire, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(body_of(wire_of("http://h", "a\xFF"))["messages"][0]["content"], "a\xEF\xBF\xBD");
}

TEST(ChatWire, RefusesWhatCannotBeSent) {
  llm_parameters wrong;
  wrong.more_json = "[1]";
  EXPECT_THROW(wire_of("http://h", "Hi", wrong), std::invalid_argument);
  wrong.more_json = "{";
  EXPECT_THROW(wire_of("http://h", "Hi", wrong), std::invalid_argument);
  EXPECT_THROW(wire_of("http://h", std::vector<llm_message>{}), std::invalid_argument);
  EXPECT_THROW(wire_of("h"), std::invalid_argument);
  EXPECT_THROW(wire_of("http://h/a\r\nX: y"), std::invalid_argument);
}

TEST(ChatWire, AKeyThatWouldBecomeAHeaderIsRefusedAndNotShown) {
  llm_parameters elsewhere;
  elsewhere.endpoint = llm_endpoint{"http://h", "s3cret\r\nX-Evil: 1"};
  try {
    wire_of("http://h", "Hi", elsewhere);
    ADD_FAILURE() << "was sent";
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(std::string(error.what()).find("s3cret"), std::string::npos) << error.what();
  }
}

TEST(ChatWire, TheKeyOfOneServerIsNotSentToAnother) {
  llm_parameters elsewhere;
  elsewhere.endpoint = llm_endpoint{"http://other", ""};
  EXPECT_EQ(wire_of("http://h", "Hi", elsewhere).bytes.find("s3cret"), std::string::npos);
}

TEST(ChatWire, ReadsACompletion) {
  const llm_answer answer = read_completion(
      R"({"model":"m","choices":[{"message":{"content":"Hi"},"finish_reason":"length"}],)"
      R"("usage":{"prompt_tokens":3,"completion_tokens":4}})");
  EXPECT_EQ(answer.text, "Hi");
  EXPECT_EQ(answer.model, "m");
  EXPECT_EQ(answer.finish_reason, "length");
  EXPECT_EQ(answer.usage, (llm_usage{3, 4}));
}

TEST(ChatWire, AToolCallHasNoText) {
  const llm_answer answer =
      read_completion(R"({"choices":[{"message":{"content":null},"finish_reason":"tool_calls"}]})");
  EXPECT_EQ(answer.text, "");
  EXPECT_FALSE(answer.usage);
}

TEST(ChatWire, WhatIsNoCompletionIsMalformed) {
  for (const char* const body :
       {"", "<html>", "[]", "{}", R"({"choices":[]})", R"({"choices":{}})", R"({"choices":[7]})",
        R"({"choices":[{}]})", R"({"choices":[{"message":7}]})", R"({"choices":[{"message":{)"}) {
    try {
      read_completion(body);
      ADD_FAILURE() << body;
    } catch (const llm_fault& fault) {
      EXPECT_EQ(fault.failure, llm_failure::malformed) << body;
    }
  }
}

TEST(ChatWire, ReadsThePiecesOfAStream) {
  EXPECT_EQ(read_stream_piece(R"({"choices":[{"delta":{"content":"a"}}]})").text, "a");
  EXPECT_EQ(read_stream_piece(R"({"choices":[{"delta":{},"finish_reason":"stop"}]})").finish_reason,
            "stop");
  const auto usage =
      read_stream_piece(R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}})");
  EXPECT_EQ(usage.usage, (llm_usage{1, 2}));
  EXPECT_EQ(usage.text, "");
  EXPECT_THROW(read_stream_piece("{"), llm_fault);
  EXPECT_THROW(read_stream_piece(R"({"error":{"message":"overloaded"}})"), llm_fault);
}

TEST(ChatWire, ARefusalIsSaidInOneShortLine) {
  EXPECT_EQ(refusal_text(R"({"error":{"message":"Rate limit"}})"), "Rate limit");
  EXPECT_EQ(refusal_text(R"({"error":"no such model"})"), "no such model");
  EXPECT_EQ(refusal_text("<html>\r\n503"), "<html>  503");
  std::string waves;
  for (int i = 0; i < 200; ++i) waves += "\xF0\x9F\x8C\x8A";
  const std::string cut = refusal_text("x" + waves);
  EXPECT_LT(cut.size(), 310U);
  EXPECT_TRUE(cut.ends_with("\xF0\x9F\x8C\x8A…")) << cut;
}

TEST(ChatWire, TakesTheKeyOutOfWhatIsShown) {
  EXPECT_EQ(without_key("wrong key s3cret, s3cret!", "s3cret"), "wrong key ***, ***!");
  EXPECT_EQ(without_key("nothing", ""), "nothing");
}

}  // namespace
}  // namespace regatta::internal
