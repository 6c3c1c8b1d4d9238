// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/execution_context.hpp>
#include <utility>

#include "harness/diagnostics/loop_monitor/internal/scheduler_watch.hpp"
#include "harness/diagnostics/loop_monitor/loop_health.hpp"
#include "harness/diagnostics/loop_monitor/monitor_options.hpp"
#include "harness/diagnostics/loop_monitor/watchdog.hpp"

namespace regatta {

/// Watches an event loop, served by one thread or by many, and reports every handler that blocks
/// it: while it still does, with the stack and the reason. Handlers are not touched and nothing is
/// posted; a loop that is never blocked pays one counter per iteration.
///
///   boost::asio::io_context io;
///   regatta::loop_monitor monitor(io, {.name = "main loop"});
///   io.run();
///
/// Make it before run() and destroy it before its context. A context with several threads: see
/// docs/loop-monitor.md for what can be told apart without exact mode. Not for contexts without
/// locks (BOOST_ASIO_CONCURRENCY_HINT_UNSAFE): throws std::invalid_argument.
/// Thread safety: all members from any thread.
class loop_monitor {
 public:
  explicit loop_monitor(boost::asio::execution_context& context, monitor_options options = {})
      : watch_(internal::watch_scheduler(context)),
        handle_(internal::shared_watchdog().add(watch_, std::move(options))) {}
  ~loop_monitor() { internal::shared_watchdog().remove(handle_); }
  loop_monitor(const loop_monitor&) = delete;
  loop_monitor& operator=(const loop_monitor&) = delete;

  loop_health health() const { return internal::shared_watchdog().health(handle_); }

 private:
  std::shared_ptr<internal::watched_loop> watch_;
  internal::watchdog::handle handle_;
};

}  // namespace regatta
