// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/gate/gate_result.hpp"

namespace regatta {

/// Raised whenever a reader of the file could be misled by the change.
constexpr int gate_schema_version = 1;

/// The gate's report with every pair that was measured. Values are in the comparison's unit, other
/// times in seconds; what is unknown is null, never 0. Described by schema/gate-report.schema.json.
nlohmann::ordered_json make_gate_json(const gate_result& result);

/// The file's text. Bytes that are not UTF-8 are replaced. In a debug build, a text that breaks the
/// schema is a bug and aborts.
std::string render_gate_json(const gate_result& result);

/// Of a document that has been checked against the schema.
gate_result read_gate_json(const nlohmann::json& document);

}  // namespace regatta
