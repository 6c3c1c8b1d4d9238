// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/handler_tracking/running_handler.hpp"

#include <algorithm>

#include "harness/diagnostics/exception_handler.hpp"

namespace regatta::internal {

void running_handler::leave() noexcept {
  if (stage_ == stage::begun) end();
  if (stage_ == stage::taken) counters_of(this_tracked_thread(), context_).dropped.add(1);
  if (stage_ == stage::ended_after_exception) thread_->reported = nullptr;
}

void running_handler::escaped() noexcept {
  const std::exception_ptr thrown = std::current_exception();
  if (thread_->reported == thrown) return;  // on its way through the handlers around
  counters_->escaped.add(1);
  report_escaped(trail_);
  if (outer_ == nullptr) return;
  // Kept until the outermost one ends: meanwhile no other can have its address.
  running_handler* outermost = outer_;
  while (outermost->outer_ != nullptr) outermost = outermost->outer_;
  outermost->at_end_ = stage::ended_after_exception;
  thread_->reported = thrown;
}

void running_handler::count_rough(std::uint64_t delay) noexcept {
  const auto* const creator =
      reinterpret_cast<const tracked_thread*>(ready_ & ~ready_by::bits);  // slots stay
  const bool still_runs = creator != thread_ &&
                          creator->since.load(std::memory_order_relaxed) == time_ &&
                          creator->depth.load(std::memory_order_relaxed) != 0;
  std::atomic<std::uint8_t>& exact = exact_creations[trail_ >> 16 & 0xffff];
  // If one of its creator's site has taken long, and this was created before that was known, nobody
  // can tell: it is not counted.
  if (exact.load(std::memory_order_relaxed) == 0 && !still_runs) {
    counters_->queued.add(delay);
  } else {
    exact.store(255, std::memory_order_relaxed);
  }
}

void running_handler::count_wait() noexcept {
  if (ready_ == ready_by::expiry) {
    const std::int64_t began = to_steady(began_, thread_->clocks);
    const auto expired = static_cast<std::int64_t>(time_);
    counters_->late.add(began > expired ? to_ticks(std::chrono::nanoseconds(began - expired)) : 0);
    return;
  }
  std::uint64_t ready = time_;
  if ((ready_ & ready_by::tried) == 0) {  // a wait for a socket alone: there is nothing to try
    const std::uintptr_t entry = ready_ & ~ready_by::bits;
    if (entry == 0) return;
    ready = reinterpret_cast<const tracked_handler*>(entry)->time.load(std::memory_order_relaxed);
    if (ready <= time_) return;
  }
  counters_->queued.add(began_ > ready ? began_ - ready : 0);
}

std::int64_t ready_at(tracked_thread& thread, std::int64_t expiry) noexcept {
  return std::max(expiry, to_steady(now_ticks(), thread.clocks));
}

}  // namespace regatta::internal
