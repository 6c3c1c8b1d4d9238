// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/recommendation.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

/// One workload: its table, then the recommendation with its reasons.
std::string render_workload(const workload_result& measured, const recommendation& advice,
                            const terminal_style& style);

/// The machine card and what matters of the environment.
std::string render_machine(const run_result& run, const terminal_style& style);

}  // namespace regatta
