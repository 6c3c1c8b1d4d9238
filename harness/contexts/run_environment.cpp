// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/run_environment.hpp"

#include <stdexcept>

#include "harness/contexts/measure_book.hpp"

namespace regatta {

const std::string& run_environment::endpoint(const std::string& service) const {
  const auto found = endpoints.find(service);
  if (found == endpoints.end()) {
    throw std::out_of_range("no service '" + service +
                            "' in this run; the workload must name it in workload_info::needs");
  }
  return found->second;
}

void run_environment::measure(std::string_view name, std::chrono::nanoseconds took) const {
  if (measures != nullptr) measures->note(name, took);
}

}  // namespace regatta
