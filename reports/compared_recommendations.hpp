// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "reports/run_comparison.hpp"

namespace regatta {

/// Fills `said`, `held`, `conclusion` and `race`. `measured` and `advice` are those of each run,
/// nullptr where it lacks the workload.
void compare_recommendations(compared_workload& workload,
                             std::span<const workload_result* const> measured,
                             std::span<const recommendation* const> advice);

}  // namespace regatta
