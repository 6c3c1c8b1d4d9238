// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>

namespace regatta::internal {

/// Since some beginning; without the time in which the whole process stood still.
using monitor_time = std::chrono::nanoseconds;

/// Time goes on for the watched threads if it goes on for the watchdog. A sleep that ends late,
/// though the watchdog had not to wait for a CPU, is one in which nobody ran: a suspended machine,
/// SIGSTOP, a debugger. Such time is left out. Thread safety: now() from any thread, the rest from
/// the watchdog's.
class standstill_clock {
 public:
  monitor_time now() const;
  void sleep_for(std::chrono::nanoseconds time);

 private:
  std::atomic<std::chrono::nanoseconds> lost_{};
};

}  // namespace regatta::internal
