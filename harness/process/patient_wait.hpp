// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "harness/process/parking_spot.hpp"

namespace regatta {

inline void cpu_relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins for a while, then sleeps at `spot` until ready() or the timeout; may return early.
template <class Ready>
void patient_wait(Ready ready, parking_spot& spot, std::chrono::nanoseconds spin,
                  std::chrono::nanoseconds timeout) {
  if (spin.count() > 0) {
    const auto until = std::chrono::steady_clock::now() + spin;
    while (std::chrono::steady_clock::now() < until) {
      if (ready()) return;
      cpu_relax();
    }
  }
  if (!ready()) spot.park(ready, timeout);
}

}  // namespace regatta
