// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "harness/diagnostics/handler_tracking/handler_slot.hpp"
#include "harness/diagnostics/loop_monitor/block_cause.hpp"
#include "harness/diagnostics/loop_monitor/run_frame.hpp"
#include "harness/diagnostics/loop_monitor/standstill_clock.hpp"
#include "harness/diagnostics/loop_monitor/thread_probe.hpp"
#include "harness/diagnostics/loop_monitor/watched_loop.hpp"

namespace regatta::internal {

/// A thread that serves a loop, and the stretch it may be in: one handler, and nothing else.
struct served_thread {
  explicit served_thread(pid_t id) : probe(id) {}

  /// Begins a stretch that is only a candidate: most end before the next look.
  /// `since` may be earlier than `now`; what it did until then nobody has seen.
  void open(monitor_time since, monitor_time now);
  void close();
  bool is_open() const { return since.has_value(); }
  /// Adds what it does just now.
  void note(const thread_look& look, monitor_time now);
  /// Without the time it could have run and had no CPU.
  std::chrono::nanoseconds counted(monitor_time now) const;
  stretch_evidence evidence(monitor_time now) const;

  thread_probe probe;
  std::optional<monitor_time> since;
  thread_usage at_begin;
  std::vector<seen_wait> waits;
  std::chrono::nanoseconds unseen{};  ///< from its beginning to the first look
  /// Between looks at which it was ready to run, and did not. The kernel's own count has a wait
  /// only once that is over.
  std::chrono::nanoseconds starved{};

  handler_slot* slot = nullptr;    ///< exact mode: what the thread itself says
  std::uint64_t slot_since = 0;    ///< of the stretch
  std::optional<run_frame> frame;  ///< as of `frame_time`; for a loop of several threads
  monitor_time frame_time{};
  std::uint64_t waits_at_frame = 0;  ///< thread_probe::waits()
  loop_glance loop_at_frame;
  std::chrono::nanoseconds proof_took{};        ///< to read `frame` the last time
  std::size_t stack_bytes = usual_stack_bytes;  ///< that have to be copied for that

  std::uint64_t stretch = 0;  ///< serial number of one over the threshold; 0: it is none yet
  bool told = false;          ///< or left out
  bool prepared = false;      ///< its names are being looked up
  std::chrono::nanoseconds next_report{};

 private:
  std::chrono::nanoseconds cpu_wait(std::chrono::nanoseconds kernels_count) const;

  bool ran_ = false;         ///< at the last look
  std::uint64_t waits_ = 0;  ///< then, where it was ready to run
  monitor_time looked_{};
  std::chrono::nanoseconds cpu_{};
};

}  // namespace regatta::internal
