// SPDX-License-Identifier: Apache-2.0
#include "tools/gate_exit_code.hpp"

#include <algorithm>

#include "tools/exit_codes.hpp"

namespace regatta {

int exit_code_of(const gate_result& result, gate_strictness strict) {
  if (result.interrupted) return exit_interrupted;
  if (result.has(gate_verdict::failed)) return exit_error;
  if (strict.missing && !result.only_baseline.empty()) return exit_error;
  if (result.blocks()) return exit_regression;
  if (result.unfit && strict.unfit) return exit_unfit;
  const bool undecided = std::any_of(result.comparisons.begin(), result.comparisons.end(),
                                     [](const gate_comparison& each) {
                                       return each.verdict == gate_verdict::inconclusive &&
                                              !each.not_worse && each.rule.mode != gate_mode::off;
                                     });
  return undecided && strict.inconclusive ? exit_inconclusive : exit_fine;
}

}  // namespace regatta
