// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/gate_result.hpp"

#include <algorithm>

#include "harness/gate/gate_rules.hpp"

namespace regatta {

bool gate_result::blocks() const {
  // Where the baseline differs from its own copy, a difference says nothing of the code.
  return !unfit && std::any_of(comparisons.begin(), comparisons.end(),
                               [](const gate_comparison& each) { return regatta::blocks(each); });
}

bool gate_result::has(gate_verdict verdict) const {
  return std::any_of(comparisons.begin(), comparisons.end(), [&](const gate_comparison& each) {
    return each.verdict == verdict && each.rule.mode != gate_mode::off;
  });
}

}  // namespace regatta
