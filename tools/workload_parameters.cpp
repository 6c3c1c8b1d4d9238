// SPDX-License-Identifier: Apache-2.0
#include "tools/workload_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

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

std::optional<double> number_in(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

usage_error refusal(const workload_parameter& parameter, const std::string& text,
                    const std::string& where) {
  if (!parameter.choices.empty()) {
    return usage_error(fmt::format("{}: {} ({}) is one of {}, not '{}'", where, parameter.name,
                                   parameter.meaning, fmt::join(parameter.choices, ", "), text));
  }
  return usage_error(fmt::format("{}: {} ({}) is {} from {} to {}, not {}", where, parameter.name,
                                 parameter.meaning, parameter.whole ? "a whole number" : "a number",
                                 parameter.least, parameter.most, text));
}

double parse_value(const workload_parameter& parameter, const std::string& text,
                   const std::string& where) {
  if (!parameter.choices.empty()) {
    const auto found = std::find(parameter.choices.begin(), parameter.choices.end(), text);
    if (found == parameter.choices.end()) throw refusal(parameter, text, where);
    return static_cast<double>(found - parameter.choices.begin());
  }
  const auto number = number_in(text);
  if (!number) throw refusal(parameter, text, where);
  check_value(parameter, *number, where);
  return *number;
}

}  // namespace

parameter_texts split_parameters(const std::vector<std::string>& texts) {
  parameter_texts values;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
      throw usage_error("a workload's parameter is set like -p payload=1024, not '" + text + "'");
    }
    values[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return values;
}

parameter_texts parameters_in(const nlohmann::json& entry, const std::string& where) {
  const auto found = entry.find("parameters");
  if (found == entry.end()) return {};
  const bool is_object = found->is_object();
  parameter_texts values;
  for (const auto& [name, value] : found->items()) {
    if (!is_object || !(value.is_number() || value.is_string())) {
      throw usage_error(where + ": parameters is an object of numbers and names, not " +
                        found->dump());
    }
    values[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return values;
}

void check_value(const workload_parameter& parameter, double value, const std::string& where) {
  if (value >= parameter.least && value <= parameter.most &&
      (!parameter.whole || value == std::floor(value))) {
    return;
  }
  throw refusal(parameter, fmt::format("{}", value), where);
}

void set_parameters(std::span<workload_plan> plans, const parameter_texts& values,
                    const std::string& where) {
  for (const auto& [name, text] : values) {
    bool taken = false;
    for (workload_plan& plan : plans) {
      for (const auto& parameter : workloads().at(plan.workload).info.parameters) {
        if (parameter.name != name) continue;
        plan.options.parameters[name] = parse_value(parameter, text, where);
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
