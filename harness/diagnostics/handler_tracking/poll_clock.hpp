// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/diagnostics/handler_tracking/tracked_thread.hpp"

namespace regatta::internal {

/// In exact mode: the time a thread spends asking the kernel for events, for as long as it lives.
/// Exact mode has one around every context's reactor; without a context it does nothing.
class poll_clock {
 public:
  poll_clock() noexcept = default;
  explicit poll_clock(const void* context) noexcept
      : thread_(&this_tracked_thread()), context_(context), began_(now_ticks()) {}
  ~poll_clock() {
    if (thread_ == nullptr) return;
    const std::uint64_t now = now_ticks();
    counters_of(*thread_, context_).polling.add(now - began_);
    if (thread_->innermost == nullptr) thread_->since.store(now, std::memory_order_relaxed);
  }
  poll_clock(const poll_clock&) = delete;
  poll_clock& operator=(const poll_clock&) = delete;

 private:
  tracked_thread* thread_ = nullptr;
  const void* context_ = nullptr;
  std::uint64_t began_ = 0;
};

}  // namespace regatta::internal
