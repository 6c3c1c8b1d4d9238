// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace regatta::internal {

/// The time stamp counter: the cheapest clock there is, 8 to 12 ns on a virtual machine. Constant
/// in rate and the same on all CPUs on what Linux calls a stable one.
[[gnu::always_inline]] inline std::uint64_t now_ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  std::uint64_t ticks = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
#error "exact mode reads a time stamp counter: add this architecture to tick_clock.hpp"
#endif
}

/// A difference of now_ticks(). Calibrated against CLOCK_MONOTONIC since the program's start, for
/// at least 2 ms: the first call may take that long. Any thread.
std::chrono::nanoseconds to_ns(std::uint64_t ticks) noexcept;
std::uint64_t to_ticks(std::chrono::nanoseconds time) noexcept;

/// One moment on both clocks.
struct clock_pair {
  std::uint64_t ticks = 0;
  std::int64_t steady = 0;  ///< std::chrono::steady_clock, in ns
};

/// Reads both, again if something came between.
clock_pair read_both_clocks() noexcept;

/// steady_clock's time at `ticks`, a moment not long ago. `pair` is renewed every few ms, so that
/// an error of the calibration has no time to grow.
std::int64_t to_steady(std::uint64_t ticks, clock_pair& pair) noexcept;

}  // namespace regatta::internal
