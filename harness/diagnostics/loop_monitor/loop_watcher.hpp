// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "harness/diagnostics/loop_monitor/loop_health.hpp"
#include "harness/diagnostics/loop_monitor/monitor_options.hpp"
#include "harness/diagnostics/loop_monitor/run_frame.hpp"
#include "harness/diagnostics/loop_monitor/served_thread.hpp"
#include "harness/diagnostics/loop_monitor/standstill_clock.hpp"
#include "harness/diagnostics/loop_monitor/teller.hpp"
#include "harness/diagnostics/loop_monitor/thread_finder.hpp"
#include "harness/diagnostics/loop_monitor/watched_loop.hpp"

namespace regatta::internal {

/// What the watchers of a watchdog share.
struct watch_tools {
  const standstill_clock& clock;
  teller& reports;
  run_frame_reader& frames;
  std::chrono::nanoseconds fault_cost{};  ///< of one page fault on this machine
};

/// Follows the threads of one loop: who serves it, since when each is in its handler, and when that
/// is long enough for a report.
/// Thread safety: health() from any thread, the rest on the watchdog's.
class loop_watcher {
 public:
  loop_watcher(std::shared_ptr<watched_loop> loop, monitor_options options);

  void look(const watch_tools& tools);
  /// The one before it is left alone: ends what has ended.
  void last_look(const watch_tools& tools);
  loop_health health() const;
  /// How often look() wants to be called.
  std::chrono::nanoseconds period() const { return period_; }

 private:
  void learn(pid_t thread);
  void look_for_threads(monitor_time now, const loop_glance& glance, bool moved);
  bool look_at(served_thread& thread, bool moved, const watch_tools& tools);
  bool went_on(served_thread& thread, const loop_glance& glance, bool moved);
  bool runs_handler(const handler_slot& slot, pid_t thread) const;
  std::optional<monitor_time> slot_time(served_thread& thread, monitor_time now);
  bool is_alone(const loop_glance& glance) const;
  bool follow(served_thread& thread, const watch_tools& tools);
  void prepare(served_thread& thread, monitor_time now, const watch_tools& tools);
  bool prove(served_thread& thread, const watch_tools& tools);
  run_frame read_frame(served_thread& thread, const watch_tools& tools);
  void take_frame(served_thread& thread, run_frame frame, monitor_time now);
  bool has_not_moved(const served_thread& thread) const;
  bool has_left(const served_thread& thread) const;
  bool begin(served_thread& thread, const watch_tools& tools);
  stretch_event describe(const served_thread& thread, block_phase phase,
                         const watch_tools& tools) const;
  void finish(served_thread& thread, const watch_tools& tools);

  const std::shared_ptr<watched_loop> loop_;
  const monitor_options options_;
  const std::chrono::nanoseconds period_;
  const std::shared_ptr<report_writer> writer_;
  thread_finder finder_;
  std::vector<std::unique_ptr<served_thread>> threads_;
  loop_glance last_;
  monitor_time look_began_{};  ///< without what the monitor spent itself by then
  monitor_time looked_{};
  monitor_time next_search_{};
  monitor_time prepared_second_{};
  unsigned prepared_in_second_ = 0;
  monitor_time stuck_since_{};  ///< nothing of the loop has moved since

  mutable std::mutex numbers_mutex_;
  loop_health numbers_;
};

}  // namespace regatta::internal
