// SPDX-License-Identifier: Apache-2.0
#include "reports/json_report.hpp"

#include <cassert>

#include "reports/report_fields.hpp"
#include "reports/report_schema.hpp"

namespace regatta {

using json = nlohmann::ordered_json;

json make_json_report(const run_result& run, const std::vector<recommendation>& advice) {
  json report = {{"$schema", file_name_of(report_schema::run)},
                 {"schema_version", report_schema_version},
                 {"generator", {{"name", "regatta"}, {"version", REGATTA_VERSION}}}};
  field_writer whole;
  fields(whole, run);
  report.update(whole.take());
  json& workloads = report["workloads"] = json::array();
  for (std::size_t i = 0; i < run.workloads.size(); ++i) {
    field_writer entry;
    fields(entry, run.workloads[i], advice[i]);
    workloads.push_back(entry.take());
  }
  return report;
}

std::string render_json(const run_result& run, const std::vector<recommendation>& advice) {
  std::string text =
      make_json_report(run, advice).dump(1, ' ', false, json::error_handler_t::replace) + "\n";
  assert(schema_violations(nlohmann::json::parse(text), report_schema::run).empty());
  return text;
}

}  // namespace regatta
