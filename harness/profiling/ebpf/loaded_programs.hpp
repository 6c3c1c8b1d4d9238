// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "harness/profiling/bpf/loop_events.h"

namespace regatta::profiling {

/// loop_watch.bpf.c in the kernel, and what it shares with us. Nothing of it outlives this object,
/// nor this process.
/// Thread safety: one thread.
class loaded_programs {
 public:
  /// Loads and attaches; sees nothing until watch(). Throws tier_unavailable.
  explicit loaded_programs(std::chrono::nanoseconds threshold);
  ~loaded_programs();
  loaded_programs(const loaded_programs&) = delete;
  loaded_programs& operator=(const loaded_programs&) = delete;

  void watch(pid_t process);
  /// Takes the programs away from their events; what they have counted stays.
  void detach();

  /// A stack whenever the thread has used that much CPU time and its slice is long already. False
  /// if the kernel does not let us.
  bool tick(pid_t thread, std::uint32_t slot);
  void stop_ticking(std::uint32_t slot);

  /// Waits for events for that long at most and hands them out.
  void events(std::chrono::milliseconds at_most,
              const std::function<void(const kernel_side::event_head&)>& seen);

  /// The kernel changes them while they are read.
  std::span<const kernel_side::thread_slot> threads() const;
  std::span<const kernel_side::loop_slot> loops() const;
  /// Nothing else is known of its thread from now on.
  void free_slot(std::uint32_t slot);

  struct losses {
    std::uint64_t events = 0, threads = 0, loops = 0;
  };
  losses lost() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta::profiling
