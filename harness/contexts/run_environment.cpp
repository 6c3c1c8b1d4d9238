// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/run_environment.hpp"

#include <stdexcept>

namespace regatta {

const std::string& run_environment::endpoint(const std::string& service) const {
  const auto found = endpoints.find(service);
  if (found == endpoints.end()) {
    throw std::out_of_range("no service '" + service +
                            "' in this run; the workload must name it in workload_info::needs");
  }
  return found->second;
}

}  // namespace regatta
