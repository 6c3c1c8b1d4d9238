// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "harness/diagnostics/source_frame.hpp"

namespace regatta::internal {

/// Exact mode: what one thread's handlers are doing now. Written by that thread alone, read by the
/// watchdog. Slots are never freed; one whose thread has ended is taken by another.
struct alignas(64) handler_slot {
  std::atomic<pid_t> thread;         ///< 0: free
  std::atomic<std::uint32_t> depth;  ///< handlers on the thread's stack; 0: it runs none
  /// tick_clock's time of the last boundary on this thread: a handler began, or an inner one ended.
  std::atomic<std::uint64_t> since;
  std::atomic<const void*> context;  ///< the execution_context of the innermost handler
  std::atomic<std::uint64_t> trail;  ///< who created it, by whom that was created, …; see describe
  handler_slot* next;                ///< constant once published
};

/// The first of all slots; null in a program without exact mode. Any thread.
handler_slot* first_handler_slot() noexcept;

/// The creation places of a trail: the handler's own, its creator's, …; at most four.
std::vector<source_frame> describe_trail(std::uint64_t trail);

}  // namespace regatta::internal
