// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/gate/gate_result.hpp"

namespace regatta {

/// The inverse of render_gate_json(). What it answers follows the schema and does not contradict
/// itself; for everything else it throws bad_report (stored_json.hpp).
gate_result read_gate_report(const nlohmann::json& document);

}  // namespace regatta
