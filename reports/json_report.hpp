// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "reports/recommendation.hpp"

namespace regatta {

/// Raised whenever a reader of the file could be misled by the change.
constexpr int report_schema_version = 2;

/// The report: the one source from which everything else is rendered. Times are in seconds, sizes
/// in bytes; what is unknown is null, never 0.
nlohmann::ordered_json make_json_report(const run_result& run,
                                        const std::vector<recommendation>& advice);

}  // namespace regatta
