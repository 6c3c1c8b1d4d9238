// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "harness/http_load/load_result.hpp"
#include "harness/statistics/duration_histogram.hpp"

namespace regatta::profiling {

/// The requests that were due in a part of the profile.
struct load_interval {
  std::chrono::nanoseconds begin{};  ///< since the profile began
  std::chrono::nanoseconds length{};
  std::uint64_t requests = 0;
  std::chrono::nanoseconds longest{};  ///< latency from the intended start

  bool operator==(const load_interval&) const = default;
};

/// A load that ran while a process was watched, as its client saw it.
struct driven_load {
  http_load::load_result load;
  std::chrono::nanoseconds begin{};  ///< of the load, since the profile began
  /// Latency of requests that were due while some loop was blocked, and of all others; those of the
  /// warm-up too.
  duration_histogram in_stretches, elsewhere;
  std::vector<load_interval> timeline;  ///< in order of time, some hundreds at most
};

}  // namespace regatta::profiling
