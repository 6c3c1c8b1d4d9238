// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "harness/diagnostics/loop_monitor/loop_health.hpp"
#include "harness/diagnostics/loop_monitor/monitor_options.hpp"
#include "harness/diagnostics/loop_monitor/watched_loop.hpp"

namespace regatta::internal {

class loop_watcher;

/// The one thread of a process that looks after its event loops. It runs while there are any.
/// Thread safety: any thread but its own; that is, not from a report handler.
class watchdog {
 public:
  using handle = std::shared_ptr<loop_watcher>;

  /// Throws std::invalid_argument for a threshold under 1 ms.
  handle add(std::shared_ptr<watched_loop> loop, monitor_options options);
  /// After it no report of that loop comes any more.
  void remove(const handle& watcher);
  static loop_health health(const handle& watcher);

 private:
  friend watchdog& shared_watchdog();
  watchdog();
  struct state;
  state& state_;
};

watchdog& shared_watchdog();

}  // namespace regatta::internal
