// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/gate/gate_result.hpp"

namespace regatta {

/// Workflow commands for stdout of a GitHub Actions step: an error for what blocks or failed, a
/// warning for what else regressed, is inconclusive or unfit; at most 10 of each, which is what
/// GitHub shows. `file` is what they are attached to, from the root of the repository: the gate
/// file, or nothing.
std::string render_gate_annotations(const gate_result& result, const std::string& file = {});

}  // namespace regatta
