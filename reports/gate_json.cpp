// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_json.hpp"

#include <cassert>

#include "reports/gate_fields.hpp"
#include "reports/report_schema.hpp"

namespace regatta {

using json = nlohmann::ordered_json;

json make_gate_json(const gate_result& result) {
  json report = {{"$schema", file_name_of(report_schema::gate)},
                 {"kind", "gate"},
                 {"schema_version", gate_schema_version},
                 {"generator", {{"name", "regatta"}, {"version", REGATTA_VERSION}}}};
  report.update(json_fields::write(result));
  return report;
}

std::string render_gate_json(const gate_result& result) {
  std::string text =
      make_gate_json(result).dump(1, ' ', false, json::error_handler_t::replace) + "\n";
  assert(schema_violations(nlohmann::json::parse(text), report_schema::gate).empty());
  return text;
}

gate_result read_gate_json(const nlohmann::json& document) {
  gate_result result;
  json_fields::read(document, result);
  return result;
}

}  // namespace regatta
