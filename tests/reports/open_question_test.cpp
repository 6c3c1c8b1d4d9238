// SPDX-License-Identifier: Apache-2.0
#include "reports/open_question.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class OpenQuestion : public ::testing::Test {
 protected:
  // Two left, `lower` to `upper` apart after 100 blocks of 0.1 s for each.
  std::string say(double ratio, double lower, double upper) {
    auto leader = cell("tbb", around(100, 100));
    auto other = cell("thread", around(100, 100));
    for (auto* each : {&leader, &other}) {
      for (auto& epoch : each->epochs) epoch.elapsed = 0.1;
    }
    workload_result one = measured({leader, other});
    one.race = race_receipt{.ended = "it was not settled within the budget"};
    recommendation advice;
    advice.choice = {"tbb", "thread"};
    advice.standings = {
        {"tbb", 100, {}, true, {}},
        {"thread", 100, ratio_estimate{ratio, lower, upper, 0.95, 100, 0}, true, {}}};
    for (int i = 0; i < more_; ++i) advice.standings.push_back(advice.standings.back());
    return what_is_open(advice, one);
  }
  int more_ = 0;
};

TEST_F(OpenQuestion, SaysWhyItEndedHowMuchLongerAndBetweenWhom) {
  EXPECT_EQ(say(1, 0.93, 1.08),
            "It was not settled within the budget: about 60 more seconds might settle it. Open is "
            "whether tbb is more than 5 % ahead of thread (0.93 to 1.08).");
}

TEST_F(OpenQuestion, WiderIntervalsTakeLonger) {
  EXPECT_THAT(say(1, 0.8, 1.25), HasSubstr("about 20 more minutes"));
  EXPECT_THAT(say(1, 0.3, 3), HasSubstr("more than another hour"));
}

TEST_F(OpenQuestion, ALeadThatIsClearOfTheMarginTakesTheLess) {
  EXPECT_THAT(say(1.5, 1.0, 2.2), HasSubstr("about 20 more seconds"));
}

TEST_F(OpenQuestion, NamesThreeAndCountsTheOthers) {
  more_ = 4;
  EXPECT_THAT(say(1, 0.93, 1.08), HasSubstr("(0.93 to 1.08) and 2 more."));
  more_ = 2;
  EXPECT_THAT(say(1, 0.93, 1.08), Not(HasSubstr(" more.")));
}

}  // namespace
}  // namespace regatta::test
