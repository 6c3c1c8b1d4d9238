// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/gate/gate_result.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

/// A line per comparison (verdict, name, ratio with its interval, pairs), then the summary.
std::string render_gate(const gate_result& result, const terminal_style& style);

}  // namespace regatta
