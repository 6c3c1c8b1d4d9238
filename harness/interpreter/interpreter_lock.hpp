// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace regatta {

/// A lock that changes hands by the rules of CPython's (Python/ceval_gil.c, since 3.2):
///
///   - who waits, waits for the switch interval; if the lock has not changed hands meanwhile, it
///     sets a drop request;
///   - the holder looks at the request where it can be interrupted, and gives the lock up;
///   - having done so it waits until another has taken the lock ("forced switching"): it cannot
///     win it back at once.
///
/// So a thread that comes back from I/O waits for up to an interval behind one that computes, at
/// every operation: the convoy effect. Not for: guarding data of ours.
/// Thread safety: shared object.
class interpreter_lock {
 public:
  /// Waits until `changed` is notified or the interval is over; true: it is over.
  using interval_wait =
      std::function<bool(std::condition_variable& changed, std::unique_lock<std::mutex>& lock)>;

  /// sys.getswitchinterval() of every CPython so far.
  static constexpr std::chrono::milliseconds usual_interval{5};

  /// `drop_request` is the flag the holder is to look at; it lies where looking is cheapest.
  explicit interpreter_lock(std::atomic<bool>& drop_request,
                            std::chrono::nanoseconds interval = usual_interval);
  /// For tests, that have their own idea of time.
  interpreter_lock(std::atomic<bool>& drop_request, interval_wait wait);
  interpreter_lock(const interpreter_lock&) = delete;
  interpreter_lock& operator=(const interpreter_lock&) = delete;

  /// REQUIRES: this thread does not hold it, nor any mutex that a holder may wait for.
  void take();
  /// REQUIRES: this thread holds it.
  void drop();

  /// Times it went from one thread to another.
  std::uint64_t switches() const;

 private:
  std::atomic<bool>& drop_request_;
  const interval_wait wait_;
  mutable std::mutex mutex_;
  std::condition_variable dropped_;
  std::condition_variable taken_;
  // Under the mutex:
  bool locked_ = false;
  const void* last_holder_ = nullptr;
  std::uint64_t switches_ = 0;
};

}  // namespace regatta
