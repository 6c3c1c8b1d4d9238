// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include "harness/diagnostics/handler_tracking/tracked_thread.hpp"
#include "harness/diagnostics/task_tracker/origin.hpp"
#include "harness/diagnostics/task_tracker/registry.hpp"

// Where handlers are created, as numbers of 16 bits: 0 is unknown. A place is told by what is
// cheapest to have: a location the program gives Asio, the co_await of the task that waits (with
// the task tracker), else the return addresses of the creating call.
namespace regatta::internal {

using site_id = std::uint16_t;

/// Return addresses that tell one place from another. Optimised code has few calls between the
/// program and Asio's inside; without optimisation there are many, and nobody counts nanoseconds.
#if defined(__OPTIMIZE__)
inline constexpr unsigned site_frames = 3;
#else
inline constexpr unsigned site_frames = 16;
#endif

inline std::uint64_t mix(std::uint64_t hash, std::uint64_t value) noexcept {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

/// The slow ways, for a place that this thread has not met lately.
site_id find_site(tracked_thread& thread, std::uint64_t key, const char* file, unsigned line,
                  const char* function) noexcept;
site_id find_code_site(tracked_thread& thread, std::uint64_t key, std::uintptr_t here,
                       std::uintptr_t frame) noexcept;

/// Of the key's cached number; 0 if it is not there.
[[gnu::always_inline]] inline site_id cached_site(const tracked_thread& thread,
                                                  std::uint64_t key) noexcept {
  const std::uint64_t entry = thread.sites[key >> 56];
  return ((entry ^ key) & ~std::uint64_t{0xffff}) == 0 ? static_cast<site_id>(entry) : site_id{0};
}

/// The end of the stack as far as it is the running handler's: its callers are the loop's.
[[gnu::always_inline]] inline std::uintptr_t creator_end(const tracked_thread& thread) noexcept {
  return thread.innermost != nullptr ? reinterpret_cast<std::uintptr_t>(thread.innermost)
                                     : thread.stack_end;
}

[[gnu::always_inline]] inline site_id code_site(tracked_thread& thread) noexcept {
  const std::uintptr_t place = here();
  const auto first = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  std::uint64_t sum = place;
  const std::uintptr_t end = creator_end(thread);
  std::uintptr_t frame = first >= thread.stack_begin ? first : end;
  for (unsigned i = 0;
       i < site_frames && frame % sizeof(void*) == 0 && frame + 2 * sizeof(void*) <= end; ++i) {
    const auto* const words = reinterpret_cast<const std::uintptr_t*>(frame);
    sum = std::rotl(sum, 21) ^ words[1];
    if (words[0] <= frame) break;
    frame = words[0];
  }
  const std::uint64_t key = mix(0, sum);
  if (const site_id known = cached_site(thread, key)) return known;
  return find_code_site(thread, key, place, first);
}

[[gnu::always_inline]] inline site_id creation_site(tracked_thread& thread) noexcept {
  const char* file = thread.location_file;
  unsigned line = thread.location_line;
  if (file == nullptr) {
    const task_record* const task = this_thread.current;
    if (task == nullptr || task->state.load(std::memory_order_relaxed) != record_state::suspended) {
      return code_site(thread);
    }
    const packed_place place = task->awaiting.load(std::memory_order_relaxed);
    file = reinterpret_cast<const char*>(file_address(place));
    line = line_number(place);
  }
  const std::uint64_t key = mix(reinterpret_cast<std::uintptr_t>(file), line);
  if (const site_id known = cached_site(thread, key)) return known;
  return find_site(thread, key, file, line, thread.location_function);
}

}  // namespace regatta::internal
