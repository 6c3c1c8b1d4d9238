// SPDX-License-Identifier: Apache-2.0
#include "workloads/mixed/answer_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "harness/service/framed_answer.hpp"

namespace regatta::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct answer_copy {
  unsigned status;
  std::string body;
};

answer_copy prepared(const std::string& document, const std::string& question) {
  const std::string body = nlohmann::json{{"document", document}, {"question", question}}.dump();
  const buffer framed = prepare_question({}, as_bytes(body));
  const framed_answer answer = unframe_answer(framed);
  return {answer.status, std::string(answer.body)};
}

answer_copy prepared_raw(const std::string& body) {
  const buffer framed = prepare_question({}, as_bytes(body));
  const framed_answer answer = unframe_answer(framed);
  return {answer.status, std::string(answer.body)};
}

TEST(AnswerText, PutsThePassageThatIsMostLikeTheQuestionFirst) {
  std::string document;
  for (int i = 0; i < 40; ++i) document += "<p>Nothing of interest is said in here at all.</p>";
  document += "<p>The cox steers the boat and calls the stroke.</p>";
  for (int i = 0; i < 40; ++i) document += "<p>Nothing of interest is said in here at all.</p>";
  const answer_copy found = prepared(document, "Who steers\nthe boat?");
  EXPECT_EQ(found.status, 200U);
  EXPECT_THAT(found.body, StartsWith("Who steers the boat?\n"));
  const std::string first = found.body.substr(21, found.body.find('\n', 21) - 21);
  EXPECT_THAT(first, HasSubstr("cox steers the boat"));
  EXPECT_THAT(found.body, Not(HasSubstr("<p>")));
  EXPECT_EQ(std::count(found.body.begin(), found.body.end(), '\n'), 8) << "eight passages";

  const std::string prompt = answer_prompt(found.body);
  EXPECT_THAT(prompt, HasSubstr("cox steers the boat"));
  EXPECT_TRUE(prompt.ends_with("\nQuestion: Who steers the boat?"));
  EXPECT_EQ(std::count(prompt.begin(), prompt.end(), '\n'), 5) << "four of the passages";
}

TEST(AnswerText, TakesTheBeginningOfATextWithoutWordsOfAscii) {
  std::string document;
  for (int i = 0; i < 1000; ++i) document += "日";
  const answer_copy found = prepared(document, "x");
  EXPECT_EQ(found.status, 200U);
  EXPECT_EQ(found.body.size(), 2 + 999U) << "three bytes each, none is cut";
}

TEST(AnswerText, AnswersABodyThatIsNoRequestWith400AndTheReason) {
  for (const char* const body :
       {"", "{", "[]", "null", R"({"document": "x"})", R"({"document": "x", "question": 7})",
        R"({"document": "", "question": "x"})", R"({"document": "<b></b>", "question": "x"})",
        "\"\xff\""}) {
    SCOPED_TRACE(body);
    const answer_copy found = prepared_raw(body);
    EXPECT_EQ(found.status, 400U);
    EXPECT_TRUE(nlohmann::json::parse(found.body).at("error").is_string());
  }
}

TEST(AnswerText, CitesThePassagesThatSupportTheAnswer) {
  const std::string prepared_text =
      "question\nthe river is wide\nthe boat is fast\nbirds fly south\nboats are fast boats";
  const std::string input = with_passages("a fast\nboat", prepared_text);
  const buffer framed = cite_passages({}, as_bytes(input));
  const framed_answer answer = unframe_answer(framed);
  EXPECT_EQ(answer.status, 200U);
  const auto body = nlohmann::json::parse(answer.body);
  EXPECT_EQ(body.at("answer"), "a fast boat");
  ASSERT_EQ(body.at("passages").size(), 3U);
  const std::string first = body.at("passages").at(0);
  EXPECT_THAT(first, HasSubstr("fast"));
}

TEST(AnswerText, AFramedAnswerSurvivesAndALameOneIsRefused) {
  const buffer framed = framed_error(502, "the \"LLM\" is away");
  const framed_answer answer = unframe_answer(framed);
  EXPECT_EQ(answer.status, 502U);
  EXPECT_EQ(nlohmann::json::parse(answer.body).at("error"), "the \"LLM\" is away");
  EXPECT_THROW(unframe_answer(as_bytes("abc")), std::runtime_error);
}

}  // namespace
}  // namespace regatta::test
