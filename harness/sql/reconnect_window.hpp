// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>

#include "harness/contexts/deadline.hpp"

namespace regatta {

/// For how long a server that does not answer is asked again: so long after it was last heard of. A
/// server that is restarted thus costs the items that were in flight, and those after them wait.
/// Once the time is over they fail at once, with the server's words, until it is back.
/// Thread safety: any thread.
class reconnect_window {
 public:
  using time_point = steady_clock::time_point;

  /// How often a server is asked meanwhile: it needs some 100 ms to recover from a crash.
  static constexpr std::chrono::milliseconds pause{20};
  /// What an attempt may take: a host that is switched off refuses nothing, it is silent.
  static constexpr std::chrono::seconds attempt_limit{10};

  explicit reconnect_window(std::chrono::milliseconds patience,
                            time_point now = steady_clock::now())
      : patience_(patience), heard_(now.time_since_epoch()) {}

  /// It was connected, or an established connection has just ended.
  void heard_of(time_point now) {
    // Relaxed: publishes nothing but itself.
    heard_.store(now.time_since_epoch(), std::memory_order_relaxed);
  }
  bool open(time_point now) const {
    return now < time_point(heard_.load(std::memory_order_relaxed)) + patience_;
  }

 private:
  const std::chrono::milliseconds patience_;
  std::atomic<steady_clock::duration> heard_;
};

}  // namespace regatta
