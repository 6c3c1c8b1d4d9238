// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/model_latency.hpp"

#include <stdexcept>

namespace regatta {

std::optional<latency_distribution> latency_in_model_name(std::string_view model) {
  const std::size_t at = model.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  try {
    return parse_latency_distribution(model.substr(at + 1));
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

}  // namespace regatta
