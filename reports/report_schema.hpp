// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace regatta {

/// The JSON files that are described by a JSON Schema (draft-07), which lies in reports/schema and
/// is part of the program.
enum class report_schema { run, gate, profile, load, load_knee, doctor, crossover };
/// All of them.
inline constexpr report_schema all_report_schemas[] = {
    report_schema::run,       report_schema::gate,   report_schema::profile,  report_schema::load,
    report_schema::load_knee, report_schema::doctor, report_schema::crossover};

/// "gate": what the file says in "kind"; that of a run says nothing.
std::string_view kind_name(report_schema which);

/// "run-report.schema.json": what "$schema" says, so that an editor finds it beside the report.
std::string file_name_of(report_schema which);
std::string_view text_of(report_schema which);

/// Where `document` does not follow its schema, in the order of the document: sentences without a
/// full stop that begin with a JSON pointer (RFC 6901), like
///   /workloads/0/seconds is "2.5"; it must be a number
/// At most `most`; empty if all is well.
std::vector<std::string> schema_violations(const nlohmann::json& document, report_schema which,
                                           std::size_t most = 10);

}  // namespace regatta
