// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "harness/diagnostics/task_tracker/registry.hpp"

namespace regatta::internal {

/// Like a return address: the one behind an instruction of the function this is inlined into.
[[gnu::always_inline]] inline std::uintptr_t here() noexcept {
  std::uintptr_t address = 0;
#if defined(__x86_64__)
  asm volatile("leaq 0(%%rip), %0" : "=r"(address));
#elif defined(__aarch64__)
  asm volatile("adr %0, .+4" : "=r"(address));
#else
#error "the task tracker walks frame pointers: add this architecture to origin.hpp"
#endif
  return address;
}

/// The creation stack: this place, then the return addresses along the frame pointers, which debug
/// builds keep (regatta::debug adds -fno-omit-frame-pointer). A function without them ends the walk
/// early or is left out; nothing outside of this thread's stack is ever read.
[[gnu::always_inline]] inline void record_origin(task_record& record) noexcept {
  const unsigned wanted = origin_depth.load(std::memory_order_relaxed);
  unsigned depth = 0;
  if (wanted != 0) {
    record.origin[depth++].store(here(), std::memory_order_release);
    auto frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    const std::uintptr_t end = this_thread.stack_end;
    while (depth < wanted && frame % sizeof(void*) == 0 && frame + 2 * sizeof(void*) <= end) {
      const auto* const words = reinterpret_cast<const std::uintptr_t*>(frame);
      if (words[1] < 4096) break;
      record.origin[depth++].store(words[1], std::memory_order_release);
      if (words[0] <= frame) break;  // callers are above
      frame = words[0];
    }
  }
  record.origin_depth.store(static_cast<std::uint8_t>(depth), std::memory_order_release);
}

}  // namespace regatta::internal
