// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/crossover/crossover_result.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

/// Who is ahead where, and between which values the lead passes, in one or two sentences.
std::string crossover_verdict(const crossover_result& result);

/// The points that were tried, the verdict, and what it cost.
std::string render_crossover(const crossover_result& result, const terminal_style& style);

/// Times are in seconds; what is unknown is null.
nlohmann::ordered_json make_crossover_json(const crossover_result& result);

}  // namespace regatta
