// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace regatta::internal {

/// Written by one thread without a locked instruction, read by any.
class counter {
 public:
  void add(std::uint64_t value) noexcept { set(get() + value); }
  void raise(std::uint64_t value) noexcept {
    if (value > get()) set(value);
  }
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Bucket i has what needs i bits: below 2^i ticks. The last one has all the rest.
inline constexpr std::size_t time_buckets = 48;

/// Times in ticks: how many, how long together, the longest, and how they are distributed.
struct time_counters {
  counter total;
  counter longest;
  std::array<counter, time_buckets> buckets;

  /// Whether it is the longest so far.
  [[gnu::always_inline]] bool add(std::uint64_t ticks) noexcept {
    total.add(ticks);
    const auto bits = static_cast<std::size_t>(std::bit_width(ticks));
    buckets[bits < time_buckets ? bits : time_buckets - 1].add(1);
    if (ticks <= longest.get()) [[likely]]
      return false;
    longest.set(ticks);
    return true;
  }
};

/// What one thread did for one execution context.
struct loop_counters {
  std::atomic<const void*> context{nullptr};  ///< null: free
  std::uint64_t last_used = 0;                ///< only for its thread
  time_counters duration;                     ///< of handlers, inner ones too
  counter inside;                             ///< ticks of those that ran inside of others
  counter longest_trail;                      ///< of the handler with the longest duration
  time_counters queued;                       ///< from ready to begun
  time_counters late;                         ///< from a timer's expiry to its handler's beginning
  time_counters polling;                      ///< each time it asked the kernel for events
  counter dropped;                            ///< destroyed without having been run
  counter escaped;                            ///< exceptions that left a handler
};

}  // namespace regatta::internal
