// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/diagnostics/source_frame.hpp"

namespace regatta {

/// Many times: their number and sum, and how they are distributed, by powers of two.
struct time_distribution {
  struct bucket {
    std::chrono::nanoseconds below{};  ///< and not in an earlier bucket; the last one has the rest
    std::uint64_t count = 0;

    bool operator==(const bucket&) const = default;
  };
  std::uint64_t count = 0;
  std::chrono::nanoseconds total{};
  std::chrono::nanoseconds longest{};
  std::array<bucket, 48> buckets{};

  /// `share` of the times, 0 to 1, is not longer; to a factor of two, and exact for 1.
  std::chrono::nanoseconds quantile(double share) const;
  bool operator==(const time_distribution&) const = default;
};

/// The four queues of an event loop: handlers, ready handlers, timers, and the kernel. Since the
/// context was made, and on all threads that serve it.
struct loop_metrics {
  time_distribution duration;  ///< of handlers, those that run inside of others too
  /// From the moment a handler could have run to its beginning: what was posted, since then; what
  /// waits for a socket, since the kernel's event. Others are not counted, nor is what was
  /// cancelled.
  time_distribution queued;
  time_distribution late;     ///< from a timer's expiry to its handler's beginning
  time_distribution polling;  ///< each time a thread asked the kernel for events: an iteration
  std::chrono::nanoseconds in_handlers{};  ///< without those inside of others
  std::uint64_t dropped = 0;               ///< handlers destroyed without having been run
  std::uint64_t escaped = 0;               ///< exceptions that left a handler
  /// Where the longest handler was created, then where its creator was, …
  std::vector<source_frame> longest_created;
};

/// Of an io_context, a thread_pool or another execution context, by its address. All zero in a
/// build without exact mode. Handlers that run now are counted when they end. Any thread.
loop_metrics metrics_of(const void* execution_context);

/// Some lines of text, with the medians, the 99th percentiles and the longest.
std::string format_loop_metrics(const loop_metrics& metrics);

}  // namespace regatta
