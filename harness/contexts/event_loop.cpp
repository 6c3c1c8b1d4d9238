// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/event_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <optional>

#include "harness/contexts/asio_operation.hpp"

namespace regatta {

namespace asio = boost::asio;

struct event_loop::state {
  // Hint 1: one thread runs it. Still safe to post to from others, and 16 instead of 25 ns a hop.
  asio::io_context io{1};
  std::size_t active = 0;
  std::exception_ptr error;
  // Held while tasks are active: they may be waiting for another thread, of which io knows nothing.
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> busy;
};

namespace {

// A root owns itself: nobody awaits it, it frees its frame at the end.
struct root_coroutine {
  struct promise_type {
    root_coroutine get_return_object() noexcept {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> frame;
};

template <class OnEnd>
root_coroutine run_root(async_task<void> task, OnEnd on_end) {
  std::exception_ptr error;
  try {
    co_await std::move(task);  // NOLINT(bugprone-use-after-move): the only use
  } catch (...) {
    error = std::current_exception();
  }
  on_end(error);
}

}  // namespace

event_loop::event_loop() : state_(std::make_unique<state>()) {}
event_loop::~event_loop() = default;

void event_loop::start(async_task<void> root) {
  if (state_->active++ == 0) state_->busy.emplace(state_->io.get_executor());
  post(run_root(std::move(root), [this](std::exception_ptr error) {
         if (error && !state_->error) state_->error = error;
         if (--state_->active == 0) state_->busy.reset();
       }).frame);
}

void event_loop::run() {
  state_->io.restart();
  state_->io.run();
  if (auto error = std::exchange(state_->error, nullptr)) std::rethrow_exception(error);
}

void event_loop::post(std::coroutine_handle<> suspended) {
  asio::post(state_->io, [suspended] { suspended.resume(); });
}

asio::io_context& event_loop::io() { return state_->io; }

async_task<void> sleep_until(event_loop& loop, std::chrono::steady_clock::time_point when) {
  if (when <= std::chrono::steady_clock::now()) co_return;
  asio::steady_timer timer(loop.io(), when);
  co_await operation<boost::system::error_code>(
      [&](auto done) { timer.async_wait(std::move(done)); });
}

}  // namespace regatta
