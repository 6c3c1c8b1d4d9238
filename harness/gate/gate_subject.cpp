// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/gate_subject.hpp"

#include "harness/statistics/quantile.hpp"

namespace regatta {

gate_epoch median_of(const std::vector<gate_epoch>& epochs) {
  std::map<std::string, std::vector<double>> by_metric;
  gate_epoch middle;
  for (const gate_epoch& each : epochs) {
    for (const auto& [metric, value] : each.values) by_metric[metric].push_back(value);
    if (!each.note.empty()) middle.note = each.note;
  }
  for (const auto& [metric, values] : by_metric) middle.values[metric] = median(values).value_or(0);
  return middle;
}

}  // namespace regatta
