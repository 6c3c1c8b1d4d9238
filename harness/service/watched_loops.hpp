// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/contexts/event_loop.hpp"
#include "harness/diagnostics/loop_monitor/loop_health.hpp"
#include "harness/finding.hpp"

namespace regatta {

/// Has the loop monitor watch a server's loops: what blocks one is told as it happens, a few a
/// minute, and summed up at the end. Starts threads: make it after processes were forked, and end
/// it before the loops. Thread safety: health() and finding() from any thread.
class watched_loops {
 public:
  /// `tell` gets a paragraph for people, on a thread of the monitor's. REGATTA_DEBUG=slow=… decides
  /// in place of `threshold`.
  watched_loops(std::span<event_loop* const> loops, std::chrono::nanoseconds threshold,
                std::function<void(const std::string&)> tell);
  ~watched_loops();

  /// Of each loop, in their order.
  std::vector<loop_health> health() const;
  /// All of them since the beginning, as a sentence with numbers; nothing if none was blocked.
  /// Waits up to two seconds for the names of functions. To be called once.
  std::optional<finding> sum_up(std::uint64_t requests);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta
