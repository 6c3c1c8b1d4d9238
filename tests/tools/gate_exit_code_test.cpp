// SPDX-License-Identifier: Apache-2.0
#include "tools/gate_exit_code.hpp"

#include <gtest/gtest.h>

#include "tools/exit_codes.hpp"

namespace regatta {
namespace {

gate_result with(gate_verdict verdict, gate_mode mode = gate_mode::block) {
  gate_result result;
  result.comparisons.resize(2);
  result.comparisons[0].verdict = gate_verdict::equivalent;
  result.comparisons[1].verdict = verdict;
  result.comparisons[1].rule.mode = mode;
  return result;
}

constexpr gate_strictness lenient{};
constexpr gate_strictness strict{.inconclusive = true, .unfit = true, .missing = true};

TEST(GateExitCode, IsOfTheWorstThatHappened) {
  EXPECT_EQ(exit_code_of(with(gate_verdict::equivalent), strict), exit_fine);
  EXPECT_EQ(exit_code_of(with(gate_verdict::improved), strict), exit_fine);
  EXPECT_EQ(exit_code_of(with(gate_verdict::regressed), lenient), exit_regression);
  EXPECT_EQ(exit_code_of(with(gate_verdict::failed), lenient), exit_error);
  gate_result both = with(gate_verdict::regressed);
  both.comparisons[0].verdict = gate_verdict::failed;
  EXPECT_EQ(exit_code_of(both, lenient), exit_error);
  both.interrupted = true;
  EXPECT_EQ(exit_code_of(both, lenient), exit_interrupted);
}

TEST(GateExitCode, ARegressionThatOnlyWarnsIsFine) {
  EXPECT_EQ(exit_code_of(with(gate_verdict::regressed, gate_mode::warn), strict), exit_fine);
  gate_result muted = with(gate_verdict::regressed);
  muted.comparisons[1].muted = true;
  EXPECT_EQ(exit_code_of(muted, strict), exit_fine);
}

TEST(GateExitCode, InconclusiveCountsWhenAskedAndOnlyIfItMayBeWorse) {
  gate_result open = with(gate_verdict::inconclusive);
  EXPECT_EQ(exit_code_of(open, lenient), exit_fine);
  EXPECT_EQ(exit_code_of(open, strict), exit_inconclusive);
  open.comparisons[1].not_worse = true;
  EXPECT_EQ(exit_code_of(open, strict), exit_fine);
  EXPECT_EQ(exit_code_of(with(gate_verdict::inconclusive, gate_mode::off), strict), exit_fine);
}

TEST(GateExitCode, AnUnfitMachineBlocksNothingUnlessAsked) {
  gate_result unfit = with(gate_verdict::regressed);
  unfit.unfit = "the baseline differs from its copy";
  EXPECT_EQ(exit_code_of(unfit, lenient), exit_fine);
  EXPECT_EQ(exit_code_of(unfit, strict), exit_unfit);
}

TEST(GateExitCode, AMissingBenchmarkCountsWhenAsked) {
  gate_result missing = with(gate_verdict::equivalent);
  missing.only_baseline = {"gone"};
  EXPECT_EQ(exit_code_of(missing, lenient), exit_fine);
  EXPECT_EQ(exit_code_of(missing, strict), exit_error);
  missing.only_baseline.clear();
  missing.only_candidate = {"new"};
  EXPECT_EQ(exit_code_of(missing, strict), exit_fine);
}

}  // namespace
}  // namespace regatta
