// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "reports/run_comparison.hpp"

namespace regatta {

/// Raised whenever a reader of the file could be misled by the change.
constexpr int comparison_schema_version = 1;

/// The comparison as JSON, "kind": "comparison". Figures are in the unit of their metric.
std::string render_comparison_json(const run_comparison& comparison);

}  // namespace regatta
