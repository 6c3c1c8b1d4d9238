// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace regatta {

/// Where one sleeper in shared memory waits for others, in whatever process: a raw futex
/// (std::atomic::wait is private to a process and has lost wake-ups in both libraries).
///
///   sleeper:  while (!ready()) spot.park(ready, timeout);
///   waker:    make_ready(); spot.wake();        // make_ready's store must be seq_cst
///
/// The seq_cst order of {announce sleep; look again} and {make ready; look for a sleeper} makes
/// sure that one of the two sees the other.
class parking_spot {
 public:
  /// Sleeps unless ready() turns true; may return early. One sleeper at a time.
  template <class Ready>
  void park(Ready ready, std::chrono::nanoseconds timeout) {
    asleep_.store(1, std::memory_order_seq_cst);
    if (!ready()) wait(timeout);
    asleep_.store(0, std::memory_order_relaxed);
  }
  /// Costs a load when nobody sleeps. Any process.
  void wake() {
    if (asleep_.load(std::memory_order_seq_cst) == 0) return;
    if (asleep_.exchange(0, std::memory_order_seq_cst) != 0) wake_sleeper();
  }

 private:
  void wait(std::chrono::nanoseconds timeout);
  void wake_sleeper();

  alignas(128) std::atomic<std::uint32_t> asleep_{0};
};

}  // namespace regatta
