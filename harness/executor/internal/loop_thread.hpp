// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <thread>

#include "harness/contexts/event_loop.hpp"
#include "harness/executor/internal/call_feed.hpp"
#include "harness/executor/internal/executor_core.hpp"

namespace regatta::internal {

/// An event loop on a thread of its own, with `slots` coroutines that serve what is pushed into its
/// feed. Ends when the feed is closed and empty. Thread safety: feed() from any thread.
class loop_thread {
 public:
  /// Serves one call that has begun, to its end.
  using server = std::function<async_task<void>(call&)>;

  /// `on_thread` makes, on the new thread, what serves; it is destroyed there, too. What it throws
  /// comes out here. `alone`: no other thread publishes calls of this executor.
  loop_thread(const executor_core& core, bool alone, unsigned slots,
              std::function<server(event_loop&)> on_thread);
  ~loop_thread();

  call_feed& feed() { return feed_; }

 private:
  event_loop loop_;
  call_feed feed_{loop_};
  std::jthread thread_;
};

}  // namespace regatta::internal
