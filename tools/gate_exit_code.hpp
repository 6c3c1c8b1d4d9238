// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/gate/gate_result.hpp"

namespace regatta {

/// What fails the build beside a confirmed regression and a failed comparison.
struct gate_strictness {
  bool inconclusive = false;  ///< a comparison for which "not worse" is not shown either
  bool unfit = false;         ///< the self-check found a difference
  bool missing = false;       ///< the candidate lacks a benchmark that the baseline has
};

int exit_code_of(const gate_result& result, gate_strictness strict);

}  // namespace regatta
