// SPDX-License-Identifier: Apache-2.0
#include "harness/workload_info.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace regatta {

workload_parameter choice_parameter(std::string name, std::string meaning,
                                    std::vector<std::string> choices) {
  const auto last = static_cast<double>(choices.size()) - 1;
  return {std::move(name), std::move(meaning), 0, 0, last, true, std::move(choices)};
}

std::string parameter_text(const workload_parameter& parameter, double value) {
  if (parameter.choices.empty()) return fmt::format("{}", value);
  return parameter.choices.at(static_cast<std::size_t>(value));
}

double parameter_of(const workload_info& info, const workload_options& options,
                    const std::string& name) {
  const auto set = options.parameters.find(name);
  if (set != options.parameters.end()) return set->second;
  for (const workload_parameter& parameter : info.parameters) {
    if (parameter.name == name) return parameter.fallback;
  }
  throw std::logic_error("workload " + info.name + " declares no parameter '" + name + "'");
}

}  // namespace regatta
