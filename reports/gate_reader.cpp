// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_reader.hpp"

#include <nlohmann/json.hpp>

#include "reports/gate_json.hpp"
#include "reports/stored_json.hpp"

namespace regatta {

gate_result read_gate_report(const nlohmann::json& document) {
  check_stored_json(document, report_schema::gate, gate_schema_version);
  gate_result result = read_gate_json(document);
  const nlohmann::json again = make_gate_json(result);
  for (const char* part : {"complete", "blocks", "comparisons"}) {
    if (const auto found = first_difference(document, again, part)) {
      throw bad_report("contradicts itself: " + *found);
    }
  }
  return result;
}

}  // namespace regatta
