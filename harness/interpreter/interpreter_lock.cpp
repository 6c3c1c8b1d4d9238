// SPDX-License-Identifier: Apache-2.0
#include "harness/interpreter/interpreter_lock.hpp"

#include <utility>

namespace regatta {
namespace {

// Its address is the thread.
thread_local char this_thread_mark = 0;

}  // namespace

interpreter_lock::interpreter_lock(std::atomic<bool>& drop_request,
                                   std::chrono::nanoseconds interval)
    : interpreter_lock(drop_request, [interval](std::condition_variable& changed,
                                                std::unique_lock<std::mutex>& lock) {
        return changed.wait_for(lock, interval) == std::cv_status::timeout;
      }) {}

interpreter_lock::interpreter_lock(std::atomic<bool>& drop_request, interval_wait wait)
    : drop_request_(drop_request), wait_(std::move(wait)) {}

void interpreter_lock::take() {
  std::unique_lock lock(mutex_);
  while (locked_) {
    const std::uint64_t before = switches_;
    const bool over = wait_(dropped_, lock);
    // Relaxed, here and below: the flag only hints, what it hints at is under the mutex.
    if (over && locked_ && switches_ == before)
      drop_request_.store(true, std::memory_order_relaxed);
  }
  locked_ = true;
  if (last_holder_ != &this_thread_mark) {
    last_holder_ = &this_thread_mark;
    ++switches_;
  }
  drop_request_.store(false, std::memory_order_relaxed);
  taken_.notify_all();
}

void interpreter_lock::drop() {
  std::unique_lock lock(mutex_);
  locked_ = false;
  const std::uint64_t before = switches_;
  dropped_.notify_one();
  if (!drop_request_.load(std::memory_order_relaxed)) return;
  // Somebody asked, so somebody waits and will take it. CPython resets the request here, too, so
  // that a lone leaver of several does not wait for ever.
  drop_request_.store(false, std::memory_order_relaxed);
  taken_.wait(lock, [&] { return switches_ != before; });
}

std::uint64_t interpreter_lock::switches() const {
  const std::lock_guard lock(mutex_);
  return switches_;
}

}  // namespace regatta
