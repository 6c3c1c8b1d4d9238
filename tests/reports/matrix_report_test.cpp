// SPDX-License-Identifier: Apache-2.0
#include "reports/matrix_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace regatta::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const matrix_scenario mixed{.name = "I/O and CPU mixed",
                            .textbook = "asyncio with a process pool",
                            .advice = {"coroutine+process"},
                            .why = "the loop waits, the pool computes"};

standing place(std::string label, double value, std::optional<ratio_estimate> behind) {
  standing one;
  one.label = std::move(label);
  one.value = value;
  one.behind = behind;
  return one;
}

matrix_answer won_by(const std::string& winner, const std::string& lock = "gil") {
  matrix_answer answer;
  answer.lock = lock;
  answer.advice.outcome = verdict::winner;
  answer.advice.metric = "throughput";
  answer.advice.choice = {winner};
  answer.advice.because = {"It takes 1.2 ms of CPU an item."};
  answer.advice.lead = ratio_estimate{1.3, 1.2, 1.4, 0.99, 12, 0};
  answer.advice.standings = {place(winner, 100, std::nullopt),
                             place(winner == "coroutine+process" ? "thread" : "coroutine+process",
                                   77, ratio_estimate{1.3, 1.2, 1.4, 0.99, 12, 0})};
  return answer;
}

matrix_answer tie_of(std::vector<std::string> labels) {
  matrix_answer answer = won_by(labels.front());
  answer.advice.outcome = verdict::tie;
  answer.advice.choice = std::move(labels);
  answer.advice.lead.reset();
  return answer;
}

TEST(MatrixAnswer, AgreesWhereTheWinnerOrTheTieSetHasTheTextbooks) {
  EXPECT_EQ(agreement_of(mixed, won_by("coroutine+process")), agreement::same);
  EXPECT_EQ(agreement_of(mixed, won_by("coroutine+process:start=spawn")), agreement::same);
  EXPECT_EQ(agreement_of(mixed, tie_of({"thread", "coroutine+process"})), agreement::same);
  EXPECT_EQ(agreement_of(mixed, won_by("coroutine")), agreement::differs);
  EXPECT_EQ(agreement_of(mixed, matrix_answer{}), agreement::undecided);
}

TEST(MatrixAnswer, TooFewBlocksAreNoAgreement) {
  matrix_answer answer = tie_of({"thread", "coroutine+process"});
  answer.advice.outcome = verdict::too_few;
  EXPECT_EQ(agreement_of(mixed, answer), agreement::undecided);
  EXPECT_THAT(difference(mixed, answer), HasSubstr("raise --budget"));
}

TEST(MatrixAnswer, WhereItAgreesThereIsNothingToExplain) {
  EXPECT_THAT(difference(mixed, won_by("coroutine+process")), IsEmpty());
}

TEST(MatrixAnswer, ADifferenceIsSaidWithItsNumbersAndTheReasons) {
  EXPECT_EQ(difference(mixed, won_by("thread")),
            "thread is ahead of the textbook's coroutine+process in throughput by 1.30 × [1.20, "
            "1.40]. It takes 1.2 ms of CPU an item.");
}

TEST(MatrixAnswer, AConstraintOrAMissingRivalIsTheDifference) {
  matrix_answer excluded = won_by("thread");
  excluded.advice.standings[1].excluded = "takes 80 MiB of memory";
  EXPECT_EQ(difference(mixed, excluded), "the textbook's coroutine+process takes 80 MiB of memory");
  matrix_answer missing = won_by("thread");
  missing.advice.standings.pop_back();
  EXPECT_EQ(difference(mixed, missing), "thread was measured, none of what the textbook names");
  matrix_answer failed;
  failed.failure = "not measured: no room";
  EXPECT_EQ(difference(mixed, failed), "not measured: no room");
  EXPECT_EQ(difference(mixed, matrix_answer{}), "no approach gave right answers");
}

matrix_result two_rows() {
  matrix_result result;
  matrix_scenario calls = mixed;
  calls.name = "many LLM calls";
  calls.advice = {"coroutine"};
  result.rows = {{mixed, "rag, 32 in flight", {won_by("thread", "none"), won_by("thread")}},
                 {calls,
                  "llm-complete, 256 in flight",
                  {won_by("coroutine", "none"), tie_of({"coroutine", "thread", "tbb"})}}};
  return result;
}

TEST(MatrixTable, ShowsEachAnswerWithWhetherItAgrees) {
  const std::string text = render_matrix(two_rows(), {.columns = 200});
  EXPECT_THAT(text, HasSubstr("measured, C++"));
  EXPECT_THAT(text, HasSubstr("measured, lock gil"));
  EXPECT_THAT(text, HasSubstr("≠ thread, 1.30 ×"));
  EXPECT_THAT(text, HasSubstr("= coroutine (+2)"));
  EXPECT_THAT(text, HasSubstr("lock gil: the textbook's answer holds in 1 of 2"));
  EXPECT_THAT(text, HasSubstr("I/O and CPU mixed, measured, lock gil: thread is ahead"));
  EXPECT_THAT(text, Not(HasSubstr("many LLM calls, measured")));
}

TEST(MatrixTable, IsNoWiderThanTheTerminal) {
  std::string text = render_matrix(two_rows(), {.columns = 60});
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != text.npos; begin = end + 1) {
    std::size_t characters = 0;
    for (const char c : text.substr(begin, end - begin)) characters += (c & 0xC0) != 0x80 ? 1 : 0;
    EXPECT_LE(characters, 60U) << text.substr(begin, end - begin);
  }
}

TEST(MatrixTable, OfARunThatWasInterruptedSaysSo) {
  matrix_result result = two_rows();
  result.rows[1].answers.clear();
  result.interrupted = true;
  EXPECT_THAT(render_matrix(result, {.columns = 400}), HasSubstr("Interrupted: rows are missing."));
}

TEST(MatrixMarkdown, IsOneTableAndTheDifferences) {
  const std::string text = render_matrix_markdown(two_rows());
  EXPECT_THAT(text,
              HasSubstr("| scenario | textbook | measured, C++ | measured, lock gil |\n| ---"));
  EXPECT_THAT(text, HasSubstr("- I/O and CPU mixed, measured, C++: thread is ahead"));
}

TEST(MatrixJson, HoldsTheWholeRecommendations) {
  const auto file = make_matrix_json(two_rows());
  ASSERT_EQ(file["rows"].size(), 2U);
  const auto& answer = file["rows"][0]["answers"][1];
  EXPECT_EQ(answer["lock"], "gil");
  EXPECT_EQ(answer["agrees"], false);
  EXPECT_EQ(answer["recommendation"]["choice"][0], "thread");
  EXPECT_TRUE(file["rows"][1]["answers"][0]["difference"].is_null());
}

}  // namespace
}  // namespace regatta::test
