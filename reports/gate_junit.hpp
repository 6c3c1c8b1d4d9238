// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/gate/gate_result.hpp"

namespace regatta {

/// JUnit XML: the candidate is the suite, a comparison is a test case. <failure> is what blocks,
/// <error> what failed; what is inconclusive or only warns is <skipped>.
std::string render_gate_junit(const gate_result& result);

}  // namespace regatta
