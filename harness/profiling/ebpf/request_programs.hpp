// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>

#include "harness/profiling/bpf/request_events.h"

namespace regatta::profiling {

/// request_watch.bpf.c in the kernel, and what it shares with us. Nothing of it outlives this
/// object, nor this process.
/// Thread safety: one thread.
class request_programs {
 public:
  /// Loads and attaches; sees nothing until watch(). Throws tier_unavailable.
  request_programs();
  ~request_programs();
  request_programs(const request_programs&) = delete;
  request_programs& operator=(const request_programs&) = delete;

  /// `served`: the ports at which the process listens already; `others`: those of its children that
  /// are services of their own.
  void watch(pid_t process, const std::set<pid_t>& children, const std::set<std::uint16_t>& served,
             const std::set<std::uint16_t>& others);
  /// Which requests are followed from now on; all, unless told otherwise.
  void follow(kernel_side::following which);
  /// Whether it has asked other services.
  bool calls_others() const;
  /// Takes the programs away from their events; what they have counted stays.
  void detach();

  /// Hands out what came since the last time; does not wait. The first number of each tells what it
  /// is.
  void events(const std::function<void(const std::uint32_t* event)>& seen);

  /// The kernel changes them while they are read, until it is detached.
  std::span<const kernel_side::worker_slot> workers() const;  ///< those that are or were in use
  std::span<const kernel_side::request_slot> requests() const;
  std::span<const kernel_side::call_slot> calls() const;
  std::map<std::uint32_t, kernel_side::peer_address> peers() const;  ///< by number + 1
  /// Of the programs, on all CPUs together, as far as it was measured (program_meter).
  std::chrono::nanoseconds run_time() const;

  struct counts {
    std::uint64_t lost_events = 0, lost_workers = 0, lost_connections = 0;
    std::uint64_t begun_before = 0, aborted = 0, unread_names = 0;
    /// Of threads that ended, ns.
    std::uint64_t ended_cpu = 0, ended_unowned_cpu = 0, ended_run_queue = 0, ended_counted_cpu = 0;
    std::uint64_t ended_counted = 0;  ///< requests
  };
  counts counted() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta::profiling
