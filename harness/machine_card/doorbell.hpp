// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>

namespace regatta::card {

/// A counter in which one thread sleeps until another raises it. A bare futex, because
/// std::atomic::wait spins first, and because only the system call tells whether somebody slept.
/// Thread safety: one ringer, one sleeper.
class doorbell {
 public:
  /// Raises to `value`; true if that woke a thread that was asleep.
  bool ring(std::uint32_t value) {
    value_.store(value, std::memory_order_release);  // pairs with the load in wait_for
    return ::syscall(SYS_futex, &value_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0) > 0;
  }

  /// Sleeps until the counter is `value`; never spins.
  void wait_for(std::uint32_t value) {
    for (;;) {
      const auto seen = value_.load(std::memory_order_acquire);  // pairs with the store in ring
      if (seen == value) return;
      ::syscall(SYS_futex, &value_, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
    }
  }

 private:
  std::atomic<std::uint32_t> value_{0};
  static_assert(sizeof(value_) == sizeof(std::uint32_t));
};

}  // namespace regatta::card
