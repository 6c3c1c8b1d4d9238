// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "reports/run_comparison.hpp"

namespace regatta {

/// Fills `conclusions` and `next` from the rest.
void conclude(run_comparison& comparison, std::span<const named_run> runs);

}  // namespace regatta
