// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "reports/recommendation.hpp"

namespace regatta {

/// Raised whenever a reader of the file could be misled by the change.
constexpr int report_schema_version = 2;

/// The report: the one source from which everything else is rendered. Times are in seconds, sizes
/// in bytes; what is unknown is null, never 0. Described by schema/run-report.schema.json.
nlohmann::ordered_json make_json_report(const run_result& run,
                                        const std::vector<recommendation>& advice);

/// The file's text. Bytes that are not UTF-8 are replaced: they come from arguments and must not
/// cost the report. In a debug build, a text that breaks the schema is a bug and aborts.
std::string render_json(const run_result& run, const std::vector<recommendation>& advice);

}  // namespace regatta
