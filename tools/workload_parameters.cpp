// SPDX-License-Identifier: Apache-2.0
#include "tools/workload_parameters.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "harness/workload.hpp"
#include "reports/nearest.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

std::vector<std::string> declared_by(std::span<const workload_plan> plans) {
  std::map<std::string, bool> names;
  for (const workload_plan& plan : plans) {
    for (const auto& each : workloads().at(plan.workload).info.parameters) names[each.name] = true;
  }
  return names_of(names);
}

}  // namespace

std::map<std::string, double> parse_parameters(const std::vector<std::string>& texts) {
  std::map<std::string, double> values;
  for (const std::string& text : texts) {
    const auto equals = std::min(text.find('='), text.size());
    const std::string number = text.substr(std::min(equals + 1, text.size()));
    double value = 0;
    const char* const end = number.data() + number.size();
    const auto [stop, error] = std::from_chars(number.data(), end, value);
    if (equals == 0 || error != std::errc() || stop != end || !std::isfinite(value)) {
      throw usage_error("a workload's parameter is set like -p payload=1024, not '" + text + "'");
    }
    values[text.substr(0, equals)] = value;
  }
  return values;
}

void check_value(const workload_parameter& parameter, double value, const std::string& where) {
  if (value >= parameter.least && value <= parameter.most &&
      (!parameter.whole || value == std::floor(value))) {
    return;
  }
  throw usage_error(fmt::format("{}: {} ({}) is {} from {} to {}, not {}", where, parameter.name,
                                parameter.meaning, parameter.whole ? "a whole number" : "a number",
                                parameter.least, parameter.most, value));
}

void set_parameters(std::span<workload_plan> plans, const std::map<std::string, double>& values,
                    const std::string& where) {
  for (const auto& [name, value] : values) {
    bool taken = false;
    for (workload_plan& plan : plans) {
      for (const auto& parameter : workloads().at(plan.workload).info.parameters) {
        if (parameter.name != name) continue;
        check_value(parameter, value, where);
        plan.options.parameters[name] = value;
        taken = true;
      }
    }
    if (taken) continue;
    const auto known = declared_by(plans);
    throw usage_error(fmt::format(
        "{}: no workload here has a parameter '{}'{}", where, name,
        known.empty() ? std::string("; they have none at all") : suggestion(name, known)));
  }
}

}  // namespace regatta
