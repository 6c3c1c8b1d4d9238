// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/internal/loop_thread.hpp"

#include <future>
#include <utility>

namespace regatta::internal {
namespace {

async_task<void> serve_calls(call_feed& feed, const loop_thread::server& serve) {
  for (;;) {
    next_call next(feed);
    const std::shared_ptr<call> work = co_await next;
    if (work == nullptr) co_return;
    if (work->begin()) {
      async_task<void> served = serve(*work);
      co_await std::move(served);
    }
    feed.served();
  }
}

}  // namespace

loop_thread::loop_thread(const executor_core& core, bool alone, unsigned slots,
                         std::function<server(event_loop&)> on_thread) {
  std::promise<void> started;
  auto ready = started.get_future();
  thread_ = std::jthread([this, &core, alone, slots, make = std::move(on_thread),
                          started = std::move(started)]() mutable {
    const executor_thread here(core, alone);
    server serve;
    try {
      serve = make(loop_);
    } catch (...) {
      started.set_exception(std::current_exception());
      return;
    }
    for (unsigned i = 0; i < slots; ++i) loop_.start(serve_calls(feed_, serve));
    started.set_value();
    loop_.run();
  });
  ready.get();
}

loop_thread::~loop_thread() { feed_.close(); }

}  // namespace regatta::internal
