// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/comparison_judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace regatta {
namespace {

using testing::AllOf;
using testing::HasSubstr;

gate_comparison time_of(const std::string& name) {
  gate_comparison what;
  what.name = name;
  what.metric = "time";
  what.unit = "s";
  return what;
}

gate_pair pair_of(double baseline, double candidate) {
  gate_pair pair;
  pair.baseline = baseline;
  pair.candidate = candidate;
  return pair;
}

comparison_judge fresh(gate_comparison what = time_of("BM_x"), unsigned max_pairs = 60) {
  return {std::move(what), {.alpha = 0.05, .max_pairs = max_pairs, .comparisons = 1}};
}

// Alone in its suite, what stands out is what passes alpha / 2.
void add_and_look(comparison_judge& judge, double baseline, double candidate, int pairs) {
  for (int i = 0; i < pairs && judge.phase() != judge_phase::decided; ++i) {
    judge.add(pair_of(baseline, candidate));
    judge.look(judge.p_worse() <= 0.025, judge.p_better() <= 0.025);
  }
}

TEST(ComparisonJudge, CallsRegressedWhatIsWorseTwice) {
  comparison_judge judge = fresh();
  add_and_look(judge, 1, 1.2, 8);
  EXPECT_EQ(judge.phase(), judge_phase::confirming);
  add_and_look(judge, 1, 1.2, 8);
  ASSERT_EQ(judge.phase(), judge_phase::decided);
  const gate_comparison done = judge.finish("never");
  EXPECT_EQ(done.verdict, gate_verdict::regressed);
  EXPECT_EQ(done.screening.pairs.size(), 8u);
  ASSERT_TRUE(done.confirmation);
  EXPECT_EQ(done.confirmation->pairs.size(), 8u);
  EXPECT_NEAR(done.confirmation->ratio->ratio, 1.2, 1e-9);
  EXPECT_EQ(done.median_baseline, 1);
  EXPECT_EQ(done.median_candidate, 1.2);
  EXPECT_FALSE(done.not_worse);
  EXPECT_THAT(done.reason, AllOf(HasSubstr("1.200 [1.200, 1.200] times the baseline's"),
                                 HasSubstr("confirmed"), HasSubstr("5 %")));
}

TEST(ComparisonJudge, CallsImprovedWhatIsBetterTwice) {
  comparison_judge judge = fresh();
  add_and_look(judge, 1, 0.8, 16);
  const gate_comparison done = judge.finish("never");
  EXPECT_EQ(done.verdict, gate_verdict::improved);
  EXPECT_TRUE(done.not_worse);
}

TEST(ComparisonJudge, KnowsWhenMoreIsBetter) {
  gate_comparison rate = time_of("BM_x");
  rate.better = gate_direction::larger;
  comparison_judge judge = fresh(rate);
  add_and_look(judge, 100, 80, 16);
  const gate_comparison done = judge.finish("never");
  EXPECT_EQ(done.verdict, gate_verdict::regressed);
  EXPECT_NEAR(done.screening.ratio->ratio, 1.25, 1e-9);
  EXPECT_THAT(done.reason, HasSubstr("the baseline's time is 1.250"));
}

TEST(ComparisonJudge, CallsEquivalentWhatStaysWithinTheMargin) {
  comparison_judge judge = fresh();
  add_and_look(judge, 1, 1.03, 60);
  const gate_comparison done = judge.finish("never");
  EXPECT_EQ(done.verdict, gate_verdict::equivalent);
  EXPECT_LT(done.screening.pairs.size(), 12u);
  EXPECT_TRUE(done.not_worse);
  EXPECT_THAT(done.reason, HasSubstr("within the margin of 5 %"));
}

TEST(ComparisonJudge, TheMarginIsTheRules) {
  gate_comparison strict = time_of("BM_x");
  strict.rule.margin = 0.01;
  comparison_judge judge = fresh(strict);
  add_and_look(judge, 1, 1.03, 60);
  EXPECT_EQ(judge.finish("never").verdict, gate_verdict::regressed);
}

TEST(ComparisonJudge, RefusesAFluke) {
  comparison_judge judge = fresh();
  add_and_look(judge, 1, 1.2, 8);
  ASSERT_EQ(judge.phase(), judge_phase::confirming);
  add_and_look(judge, 1, 1.0, 60);
  const gate_comparison done = judge.finish("never");
  EXPECT_EQ(done.verdict, gate_verdict::inconclusive);
  EXPECT_LT(done.confirmation->pairs.size(), 12u) << "refuted early, without all the pairs";
  EXPECT_THAT(done.reason, HasSubstr("fresh processes did not confirm"));
}

TEST(ComparisonJudge, NoOldPairCountsForTheConfirmation) {
  comparison_judge judge = fresh();
  for (int i = 0; i < 50; ++i) judge.add(pair_of(1, 1.2));  // far more than it takes
  judge.look(true, false);
  EXPECT_EQ(judge.phase(), judge_phase::confirming);
  judge.look(true, false);
  EXPECT_EQ(judge.phase(), judge_phase::confirming);
  add_and_look(judge, 1, 1.2, 7);
  EXPECT_EQ(judge.phase(), judge_phase::confirming) << "seven are too few for alpha / 2";
}

TEST(ComparisonJudge, NeedsToStandOutOfTheWholeSuite) {
  comparison_judge judge = fresh();
  for (int i = 0; i < 20; ++i) {
    judge.add(pair_of(1, 1.2));
    judge.look(false, false);  // what the others say
  }
  EXPECT_EQ(judge.phase(), judge_phase::screening);
}

TEST(ComparisonJudge, GivesUpWhenThePairsAreUsedUp) {
  comparison_judge judge = fresh(time_of("BM_x"), 10);
  for (int i = 0; i < 10; ++i) add_and_look(judge, 1, i % 2 == 0 ? 1.5 : 0.7, 1);
  EXPECT_EQ(judge.phase(), judge_phase::decided);
  const gate_comparison done = judge.finish("never");
  EXPECT_EQ(done.verdict, gate_verdict::inconclusive);
  EXPECT_THAT(done.reason, HasSubstr("with as many pairs as are allowed"));
}

TEST(ComparisonJudge, GivesUpWithAReasonWhenItIsEnded) {
  comparison_judge judge = fresh();
  add_and_look(judge, 1, 1.2, 3);
  EXPECT_THAT(judge.finish("the budget was used up").reason,
              HasSubstr("the budget was used up: 3 pairs, too few"));

  comparison_judge later = fresh();
  add_and_look(later, 1, 1.2, 10);
  const gate_comparison done = later.finish("the budget was used up");
  EXPECT_EQ(done.verdict, gate_verdict::inconclusive) << "an unconfirmed regression blocks nobody";
  EXPECT_THAT(done.reason, AllOf(HasSubstr("it seems regressed"), HasSubstr("used up before")));
}

TEST(ComparisonJudge, ShowsNotWorseEvenWhereImprovedIsOpen) {
  // Always better, on the very edge of the margin.
  comparison_judge judge = fresh();
  for (int i = 0; i < 60; ++i) add_and_look(judge, 1, i % 2 == 0 ? 0.9 : 0.99, 1);
  const gate_comparison done = judge.finish("never");
  EXPECT_EQ(done.verdict, gate_verdict::inconclusive);
  EXPECT_TRUE(done.not_worse);
}

TEST(ComparisonJudge, APairWithoutARatioIsAFailure) {
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()}) {
    comparison_judge judge = fresh();
    judge.add(pair_of(1, bad));
    EXPECT_EQ(judge.phase(), judge_phase::decided) << bad;
    const gate_comparison done = judge.finish("never");
    EXPECT_EQ(done.verdict, gate_verdict::failed);
    EXPECT_THAT(done.reason, HasSubstr("the candidate reported a time of"));
  }
}

TEST(ComparisonJudge, TwoZerosAreEqual) {
  comparison_judge judge = fresh();
  add_and_look(judge, 0, 0, 60);
  EXPECT_EQ(judge.finish("never").verdict, gate_verdict::equivalent);
}

TEST(ComparisonJudge, AFailureNamesItsReasonAndKeepsWhatWasMeasured) {
  comparison_judge judge = fresh();
  add_and_look(judge, 1, 1.1, 2);
  judge.fail("the candidate was killed by SIGSEGV");
  judge.look(true, false);
  const gate_comparison done = judge.finish("never");
  EXPECT_EQ(done.verdict, gate_verdict::failed);
  EXPECT_EQ(done.reason, "the candidate was killed by SIGSEGV");
  EXPECT_EQ(done.screening.pairs.size(), 2u);
}

TEST(ComparisonJudge, WhatIsOffIsNotMeasured) {
  gate_comparison off = time_of("BM_x");
  off.rule.mode = gate_mode::off;
  EXPECT_EQ(fresh(off).phase(), judge_phase::decided);
}

TEST(ComparisonJudge, TellsWhatItCouldHaveFound) {
  comparison_judge noisy = fresh();
  comparison_judge steady = fresh();
  for (int i = 0; i < 20; ++i) {
    noisy.add(pair_of(1, i % 2 == 0 ? 1.3 : 0.8));
    steady.add(pair_of(1, i % 2 == 0 ? 1.01 : 0.99));
  }
  const auto most = noisy.finish("x").detectable;
  const auto least = steady.finish("x").detectable;
  ASSERT_TRUE(most && least);
  EXPECT_GT(*most, *least);
  EXPECT_GT(*least, 0.05) << "less than the margin is never called regressed";
}

}  // namespace
}  // namespace regatta
