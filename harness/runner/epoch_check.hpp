// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/load/epoch.hpp"

namespace regatta {

/// Throws cell_failure with outcome::wrong_answer: a wrong answer has no time, and neither has an
/// item that was answered twice or never.
void require_right_answers(const epoch_result& result);

/// Throws cell_failure with outcome::failed where more than a tenth of the items failed: the others
/// would be timed under a load that is not the one asked for. One or two among a few do not count,
/// epochs may be short.
void require_few_failures(const epoch_result& result);

}  // namespace regatta
