// SPDX-License-Identifier: Apache-2.0
#include "harness/workload_info.hpp"

#include <stdexcept>

namespace regatta {

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
