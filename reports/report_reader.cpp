// SPDX-License-Identifier: Apache-2.0
#include "reports/report_reader.hpp"

#include <fmt/format.h>

#include "reports/json_report.hpp"
#include "reports/report_checks.hpp"
#include "reports/report_fields.hpp"
#include "reports/stored_json.hpp"

namespace regatta {
namespace {

using nlohmann::json;

// What the file has only once, but the types more often.
void complete(stored_report& report) {
  for (std::size_t i = 0; i < report.run.workloads.size(); ++i) {
    workload_result& one = report.run.workloads[i];
    one.info.name = one.plan.workload;
    one.plan.options.seed = report.run.plan.seed;
    report.advice[i].workload = one.plan.workload;
    for (cell_result& cell : one.cells) {
      cell.info.name = cell.choice.backend;
      one.plan.backends.push_back(cell.choice);
    }
    report.run.plan.workloads.push_back(one.plan);
  }
}

}  // namespace

stored_report read_parsed_report(const json& document) {
  const report_schema kind = kind_of(document);
  if (kind != report_schema::run) {
    throw bad_report(fmt::format("is the report of a {}, not of a run", kind_name(kind)));
  }
  check_stored_json(document, report_schema::run, report_schema_version);
  stored_report report;
  report.written_by = document["generator"]["version"];
  field_reader whole(document);
  fields(whole, report.run);
  for (const json& each : document["workloads"]) {
    field_reader entry(each);
    fields(entry, report.run.workloads.emplace_back(), report.advice.emplace_back());
  }
  complete(report);
  if (const auto found = contradiction(document, report)) {
    throw bad_report("contradicts itself: " + *found);
  }
  return report;
}

stored_report read_report(std::string_view text) {
  return read_parsed_report(parse_stored_json(text));
}

}  // namespace regatta
