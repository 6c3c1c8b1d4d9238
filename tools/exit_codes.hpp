// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace regatta {

constexpr int exit_fine = 0;
constexpr int exit_error =
    1;  ///< something failed; also: a cell crashed, timed out or answered wrong
constexpr int exit_usage = 2;
constexpr int exit_regression = 3;    ///< of a gate: confirmed, and the rule says block
constexpr int exit_inconclusive = 4;  ///< of a gate, when asked to fail on it
constexpr int exit_unfit = 5;         ///< the environment cannot tell, when asked to fail on it
constexpr int exit_interrupted = 130;

}  // namespace regatta
