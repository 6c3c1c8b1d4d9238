// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "reports/run_comparison.hpp"

namespace regatta {

/// Of the machine, the moment, the build and the method of the runs; only what differs.
std::vector<run_difference> differences_of_runs(std::span<const named_run> runs);

/// Of one workload, of which `measured` has one result for each run, nullptr where there is none.
/// Loud is what makes it other work.
std::vector<run_difference> differences_of_workload(
    std::span<const named_run> runs, std::span<const workload_result* const> measured);

/// "closed loop, 8 in flight"
std::string load_of(const workload_result& one);

}  // namespace regatta
