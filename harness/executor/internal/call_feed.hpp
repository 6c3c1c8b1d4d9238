// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "harness/contexts/event_loop.hpp"
#include "harness/executor/internal/call.hpp"

namespace regatta::internal {

class next_call;

/// Calls on their way from any thread to the coroutines of one event loop, in order.
///
///   for (;;) {
///     next_call next(feed);
///     const std::shared_ptr<call> work = co_await next;
///     if (work == nullptr) co_return;  // closed, and empty
///     …
///
/// Thread safety: push(), close(), served() and load() from any thread; the loop must outlive them.
class call_feed {
 public:
  explicit call_feed(event_loop& loop) : loop_(loop) {}

  void push(std::shared_ptr<call> work);
  /// No more push(). Who waits for a call gets null when there are none left.
  void close();
  /// A call that came from here is at its end.
  void served();
  /// Calls pushed and not served: to choose between loops.
  std::size_t load() const;

 private:
  friend class next_call;

  event_loop& loop_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<call>> calls_;
  std::vector<next_call*> waiting_;
  std::size_t load_ = 0;
  bool closed_ = false;
};

class next_call {
 public:
  explicit next_call(call_feed& feed) : feed_(feed) {}
  bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> caller);
  std::shared_ptr<call> await_resume() noexcept { return std::move(taken_); }

 private:
  friend class call_feed;
  call_feed& feed_;
  std::coroutine_handle<> caller_;
  std::shared_ptr<call> taken_;
};

}  // namespace regatta::internal
