// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/gate/gate_result.hpp"

namespace regatta {

/// The rules of a gate file, in its order; of what a rule does not say, `defaults`. Example:
///   {"rules": [{"match": "BM_*", "metric": "real_time", "margin": "5%"},
///              {"match": "BM_io*", "mute_until": "2026-03-31", "reason": "issue 12"}]}
/// `name` is how sentences call the file. Throws std::invalid_argument: one sentence with the name
/// and, where it is not JSON, line and column. Comments (// and /* */) are allowed.
std::vector<gate_rule> parse_gate_file(std::string_view json_text, const std::string& name,
                                       const gate_rule& defaults = {});

/// "5%" or "0.5 %" as a fraction, from 0 to 10 (1000 %); nullopt for anything else.
std::optional<double> parse_margin(std::string_view text);

}  // namespace regatta
