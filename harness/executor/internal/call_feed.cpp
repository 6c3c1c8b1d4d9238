// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/internal/call_feed.hpp"

#include <utility>

namespace regatta::internal {

void call_feed::push(std::shared_ptr<call> work) {
  // Posted under the lock: once the loop's thread has it, the loop may come to its end.
  const std::lock_guard lock(mutex_);
  ++load_;
  if (waiting_.empty()) {
    calls_.push_back(std::move(work));
    return;
  }
  next_call& first = *waiting_.back();
  waiting_.pop_back();
  first.taken_ = std::move(work);
  loop_.post(first.caller_);
}

void call_feed::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (next_call* each : waiting_) loop_.post(each->caller_);
  waiting_.clear();
}

std::size_t call_feed::load() const {
  const std::lock_guard lock(mutex_);
  return load_;
}

void call_feed::served() {
  const std::lock_guard lock(mutex_);
  --load_;
}

bool next_call::await_suspend(std::coroutine_handle<> caller) {
  const std::lock_guard lock(feed_.mutex_);
  if (!feed_.calls_.empty()) {
    taken_ = std::move(feed_.calls_.front());
    feed_.calls_.pop_front();
    return false;
  }
  if (feed_.closed_) return false;
  caller_ = caller;
  feed_.waiting_.push_back(this);
  return true;
}

}  // namespace regatta::internal
