// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/epoch_check.hpp"

#include <gtest/gtest.h>

#include "harness/runner/cell_process.hpp"

namespace regatta::test {
namespace {

epoch_result counts(std::uint64_t items, std::uint64_t failures, std::uint64_t wrong = 0) {
  epoch_result made;
  made.items = items;
  made.failures = failures;
  made.wrong = wrong;
  if (failures > 0) made.first_failure = "refused";
  return made;
}

// "ok", or the outcome and the reason.
std::string judge(const epoch_result& result) {
  try {
    require_right_answers(result);
    require_few_failures(result);
  } catch (const cell_failure& failure) {
    return std::string(to_string(failure.ended)) + ": " + failure.what();
  }
  return "ok";
}

TEST(EpochCheck, OneWrongAnswerIsOneTooMany) {
  EXPECT_EQ(judge(counts(1000, 0)), "ok");
  EXPECT_EQ(judge(counts(1000, 0, 1)),
            "wrong answer: 1 of 1000 answers differ from the serial reference");
  epoch_result lost = counts(10, 0);
  lost.accounting_error = "2 items were never answered";
  EXPECT_EQ(judge(lost), "wrong answer: 2 items were never answered");
}

TEST(EpochCheck, ATenthOfTheItemsMayFail) {
  EXPECT_EQ(judge(counts(90, 10)), "ok");
  EXPECT_EQ(judge(counts(89, 11)), "failed: 11 of 100 items failed, the first with: refused");
}

TEST(EpochCheck, OneOrTwoOfAFewMayFailButNotAll) {
  EXPECT_EQ(judge(counts(1, 2)), "ok");
  EXPECT_EQ(judge(counts(6, 3)), "failed: 3 of 9 items failed, the first with: refused");
  EXPECT_EQ(judge(counts(0, 1)), "failed: 1 of 1 items failed, the first with: refused");
  EXPECT_EQ(judge(counts(0, 0)), "ok") << "nothing was finished: that is no failure";
}

}  // namespace
}  // namespace regatta::test
