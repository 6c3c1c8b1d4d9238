// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>

#include "harness/diagnostics/handler_tracking/handler_slot.hpp"
#include "harness/diagnostics/handler_tracking/loop_counters.hpp"
#include "harness/diagnostics/handler_tracking/tick_clock.hpp"

namespace regatta::internal {

class running_handler;

/// Queueing delays up to here are upper bounds.
inline constexpr std::chrono::microseconds rough_delay(20);

/// The slot with what only its own thread looks at, apart from the counters.
struct tracked_thread : handler_slot {
  static constexpr std::size_t most_contexts = 8;
  static constexpr std::size_t cached_sites = 256;

  running_handler* innermost = nullptr;  ///< lives on the thread's stack
  loop_counters* counters = nullptr;     ///< of the context whose handler ran last
  const char* location_file = nullptr;   ///< of a BOOST_ASIO_HANDLER_LOCATION of the program
  unsigned location_line = 0;
  const char* location_function = nullptr;
  std::uintptr_t stack_begin = 0, stack_end = 0;
  clock_pair clocks;
  std::uint64_t rough_ticks = 0;  ///< rough_delay
  bool tried_descriptor = false;  ///< since the last boundary
  std::exception_ptr run_mark;    ///< see run_mark_asio.hpp
  std::exception_ptr reported;    ///< on its way out through the handlers around; see escaped()
  /// A site's key with its lowest 16 bits replaced by its number.
  std::array<std::uint64_t, cached_sites> sites{};
  std::array<loop_counters, most_contexts> contexts{};
};

/// Null until the thread creates or runs its first tracked handler.
extern constinit thread_local tracked_thread* own_tracked_thread
    __attribute__((tls_model("initial-exec")));

/// Takes a slot. Never null; out of memory it ends the program.
tracked_thread& begin_tracking() noexcept;

[[gnu::always_inline]] inline tracked_thread& this_tracked_thread() noexcept {
  tracked_thread* const known = own_tracked_thread;
  return known != nullptr ? *known : begin_tracking();
}

/// Finds, or makes room for, the counters of `context` on this thread.
loop_counters& find_counters(tracked_thread& thread, const void* context) noexcept;

[[gnu::always_inline]] inline loop_counters& counters_of(tracked_thread& thread,
                                                         const void* context) noexcept {
  loop_counters* const last = thread.counters;
  if (last != nullptr && last->context.load(std::memory_order_relaxed) == context) return *last;
  return find_counters(thread, context);
}

/// A context is made: what an earlier one at that address counted is not its own.
void forget_context(const void* context) noexcept;

}  // namespace regatta::internal
