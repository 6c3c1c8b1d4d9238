// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>

namespace regatta::internal {

/// Since some beginning; without the time in which the whole process stood still.
using monitor_time = std::chrono::nanoseconds;

/// Time goes on for the watched threads if it goes on for the watchdog. What passes while the
/// watchdog neither uses a CPU, nor waits for one, nor for a copy it has asked for, and more than a
/// sleep takes, is time in which nobody ran: a suspended machine, SIGSTOP, a debugger. It is left
/// out. Thread safety: now() from any thread, the rest from the watchdog's.
class standstill_clock {
 public:
  monitor_time now() const;
  void sleep_for(std::chrono::nanoseconds time);

 private:
  struct account;
  void leave_out(std::chrono::nanoseconds unaccounted);

  std::atomic<std::chrono::nanoseconds> lost_{};
};

}  // namespace regatta::internal
