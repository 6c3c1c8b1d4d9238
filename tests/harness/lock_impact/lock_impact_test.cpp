// SPDX-License-Identifier: Apache-2.0
#include "harness/lock_impact/lock_impact.hpp"

#include <gtest/gtest.h>

#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

lock_case tokenising(double tolerance = 0.25) {
  lock_case made{.kind = "tokenising", .workload = {}, .tolerance = tolerance};
  made.workload.workload = "tokenize";
  return made;
}

run_result run_of(std::vector<cell_result> cells) {
  run_result run;
  run.workloads.push_back(measured(std::move(cells)));
  return run;
}

TEST(LockImpact, ASlowdownIsThroughputWithoutTheLockOverThatUnderIt) {
  const auto run = run_of({cell("thread, none", around(200)), cell("thread, gil", around(100)),
                           cell("thread, free-threaded", around(160))});
  const auto result = conclude_impact(run, {tokenising()}, 0.95);
  const lock_impact_row& row = result.rows.at(0);
  EXPECT_EQ(row.kind, "tokenising");
  ASSERT_TRUE(row.gil && row.free_threaded && row.unlocked);
  EXPECT_NEAR(row.gil->ratio, 2, 1e-9);
  EXPECT_NEAR(row.free_threaded->ratio, 1.25, 1e-9);
  EXPECT_NEAR(*row.unlocked, 200, 2);
  EXPECT_EQ(row.missing, "");
}

TEST(LockImpact, OnlyEpochsOfTheSameBlockAreHeldAgainstEachOther) {
  cell_result none = cell("thread, none", around(200));
  none.epochs.erase(none.epochs.begin(), none.epochs.begin() + 5);
  const auto run =
      run_of({none, cell("thread, gil", around(100)), cell("thread, free-threaded", around(160))});
  EXPECT_EQ(conclude_impact(run, {tokenising()}, 0.95).rows.at(0).gil->pairs, 15U);
}

TEST(LockImpact, WhatCouldNotBeMeasuredSaysWhy) {
  const auto run = run_of({cell("thread, none", around(200)),
                           ended("thread, gil", outcome::crashed, "was killed by SIGSEGV"),
                           cell("thread, free-threaded", around(160))});
  const auto result = conclude_impact(run, {tokenising(), tokenising()}, 0.95);
  EXPECT_FALSE(result.rows.at(0).gil);
  EXPECT_EQ(result.rows.at(0).missing, "thread, gil: crashed: was killed by SIGSEGV");
  EXPECT_EQ(result.rows.at(1).missing, "it was interrupted before this");
}

lock_check_row checked(double model_thread, double python_thread, double tolerance = 0.25) {
  const auto run =
      run_of({cell("thread, gil", around(model_thread)), cell("process, gil", around(100)),
              cell("python-thread", around(python_thread)), cell("python-process", around(10))});
  return conclude_check(run, {tokenising(tolerance)}, 0.95).rows.at(0);
}

TEST(LockCheck, ThePredictionIsHeldAgainstTheRealInterpretersRatio) {
  const lock_check_row row = checked(55, 5);
  EXPECT_NEAR(row.model->ratio, 0.55, 1e-9);
  EXPECT_NEAR(row.twin->ratio, 0.5, 1e-9);
  EXPECT_NEAR(*row.off(), 0.1, 1e-9);
  EXPECT_TRUE(row.holds());
}

TEST(LockCheck, BeyondTheToleranceItDoesNotHoldEitherWay) {
  EXPECT_FALSE(checked(70, 5).holds());
  EXPECT_FALSE(checked(35, 5).holds());
  EXPECT_FALSE(checked(55, 5, 0.05).holds());
}

TEST(LockCheck, WithoutTheTwinItDoesNotHold) {
  const auto run = run_of({cell("thread, gil", around(50)), cell("process, gil", around(100)),
                           ended("python-thread", outcome::unavailable, "no python3"),
                           ended("python-process", outcome::unavailable, "no python3")});
  const auto row = conclude_check(run, {tokenising()}, 0.95).rows.at(0);
  EXPECT_FALSE(row.holds());
  EXPECT_EQ(row.missing, "python-thread: unavailable: no python3");
}

}  // namespace
}  // namespace regatta::test
