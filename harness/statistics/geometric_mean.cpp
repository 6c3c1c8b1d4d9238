// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/geometric_mean.hpp"

#include <cmath>

namespace regatta {

std::optional<double> geometric_mean(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const double value : values) {
    if (!std::isfinite(value) || value <= 0) return std::nullopt;
    sum += std::log(value);  // a product of hundreds of values would overflow
  }
  return std::exp(sum / static_cast<double>(values.size()));
}

}  // namespace regatta
