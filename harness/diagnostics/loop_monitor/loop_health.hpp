// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace regatta {

/// What a monitor knows about its loop, since it was attached.
struct loop_health {
  std::uint64_t iterations = 0;        ///< times the loop asked the kernel for events
  std::size_t threads = 0;             ///< that serve it now, as far as known
  std::size_t ready_queue = 0;         ///< handlers that wait to be run, counted up to 10,000
  std::uint64_t stretches = 0;         ///< blocked ones over the threshold, reported or not
  std::uint64_t left_out = 0;          ///< of those, not reported
  std::chrono::nanoseconds blocked{};  ///< sum of their durations
  std::chrono::nanoseconds longest{};  ///< the longest
  std::optional<std::chrono::nanoseconds> blocked_now;  ///< of a stretch that has not ended

  bool operator==(const loop_health&) const = default;
};

}  // namespace regatta
