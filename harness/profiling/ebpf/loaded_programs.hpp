// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "harness/profiling/bpf/loop_events.h"

namespace regatta::profiling {

/// A copy. The kernel may be changing it: two equal readings of what it changes each time, or none.
std::optional<kernel_side::thread_slot> read_slot(const kernel_side::thread_slot& shared);

struct loaded_options {
  std::chrono::nanoseconds threshold{};
  std::chrono::nanoseconds suspicion{};  ///< a loop that did not sleep for so long is told of
  bool children = false;                 ///< processes that a watched one forks are watched too
  bool whole = false;                    ///< is whole() from the beginning
};

/// loop_watch.bpf.c in the kernel, and what it shares with us. Nothing of it outlives this object,
/// nor this process.
/// Thread safety: one thread; alarms() and enter() may be another's.
class loaded_programs {
 public:
  /// Loads and attaches; sees nothing until watch(). Throws tier_unavailable.
  explicit loaded_programs(const loaded_options& options);
  ~loaded_programs();
  loaded_programs(const loaded_programs&) = delete;
  loaded_programs& operator=(const loaded_programs&) = delete;

  void watch(pid_t process);
  void forget(pid_t process);
  /// Watches that much of the process's system calls; the stage that is in force then: a higher one
  /// where this one is not to be had, or the one before if the kernel refuses.
  kernel_side::watch_stage enter(kernel_side::watch_stage stage);
  /// How long it took to leave stage_waits, all times together; after detach().
  std::chrono::nanoseconds detaching() const;
  /// Takes the programs away from their events; what they have counted stays.
  void detach();

  /// Whether stage_calls and tick() are to be had by now, if at all: the kernel looks at their
  /// programs while the profile runs already.
  bool whole() const;

  /// A stack whenever the thread has used that much CPU time and its slice is long already. False
  /// if the kernel does not let us.
  bool tick(pid_t thread, std::uint32_t slot);
  void stop_ticking(std::uint32_t slot);

  /// Waits for events for that long at most and hands them out.
  void events(std::chrono::milliseconds at_most,
              const std::function<void(const kernel_side::event_head&)>& seen);

  /// The same for alarms, which are told at once.
  void alarms(std::chrono::milliseconds at_most,
              const std::function<void(const kernel_side::alarm&)>& seen);

  /// The kernel changes them while they are read.
  std::span<const kernel_side::thread_slot> threads() const;
  std::span<const kernel_side::loop_slot> loops() const;
  /// That slice of its thread is no callback: its loop was closed meanwhile.
  void mark_left(std::uint32_t slot, std::uint64_t slice);
  /// Nothing else is known of its thread from now on.
  void free_slot(std::uint32_t slot);

  struct losses {
    std::uint64_t events = 0, threads = 0, loops = 0, processes = 0;
  };
  losses lost() const;

  /// Of the programs, on all CPUs together, as far as it was measured (program_meter).
  std::chrono::nanoseconds run_time() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta::profiling
