// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace regatta {

/// How long a named part of the items took in a cell's measured epochs, warm-up excluded: what its
/// workload said with measure() of its context. Times are in seconds.
struct measure {
  std::string name;         ///< "time to first token"
  std::uint64_t count = 0;  ///< how often it was said; an item may say it several times
  double sum = 0;
  /// Within 1 %. What the sample is too small for is unknown.
  std::optional<double> p50 = std::nullopt, p90 = std::nullopt, p99 = std::nullopt;
  double max = 0;

  bool operator==(const measure&) const = default;
};

}  // namespace regatta
