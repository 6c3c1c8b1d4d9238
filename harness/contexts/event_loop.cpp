// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/event_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <optional>

#include "harness/contexts/asio_operation.hpp"
#include "harness/interpreter/interpreter.hpp"

namespace regatta {

namespace asio = boost::asio;

namespace {

// A root owns itself: nobody awaits it, it frees its frame at the end. Roots that never get there
// are freed with the loop, which is why they know each other.
struct root_coroutine {
  struct promise_type {
    promise_type* previous = nullptr;
    promise_type* next = nullptr;

    root_coroutine get_return_object() noexcept { return {this}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }

    static void* operator new(std::size_t size) { return internal::allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept {
      internal::free_frame(frame, size);
    }
  };
  promise_type* promise;
  std::coroutine_handle<promise_type> frame() const {
    return std::coroutine_handle<promise_type>::from_promise(*promise);
  }
};

}  // namespace

struct event_loop::state {
  // Hint 1: one thread runs it. Still safe to post to from others, and 16 instead of 25 ns a hop.
  asio::io_context io{1};
  root_coroutine::promise_type* roots = nullptr;
  std::exception_ptr error;
  // Held while there are roots: they may be waiting for another thread, of which io knows nothing.
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> busy;

  ~state() {
    const orderly_task_end roots_end_with_their_loop;
    while (roots != nullptr) {
      root_coroutine::promise_type* const root = roots;
      roots = root->next;
      root_coroutine{root}.frame().destroy();
    }
  }

  void add(root_coroutine::promise_type* root) {
    if (roots == nullptr) busy.emplace(io.get_executor());
    root->next = roots;
    if (roots != nullptr) roots->previous = root;
    roots = root;
  }

  void remove(root_coroutine::promise_type* root, std::exception_ptr thrown) {
    if (thrown && !error) error = thrown;
    (root->previous != nullptr ? root->previous->next : roots) = root->next;
    if (root->next != nullptr) root->next->previous = root->previous;
    if (roots == nullptr) busy.reset();
  }
};

namespace {

// co_await own_promise(): the promise of the coroutine that asks.
struct own_promise {
  root_coroutine::promise_type* promise = nullptr;
  bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<root_coroutine::promise_type> self) noexcept {
    promise = &self.promise();
    return false;
  }
  root_coroutine::promise_type* await_resume() noexcept { return promise; }
};

template <class State>
root_coroutine run_root(async_task<void> task, State& loop) {
  std::exception_ptr error;
  try {
    co_await std::move(task);  // NOLINT(bugprone-use-after-move): the only use
  } catch (...) {
    error = std::current_exception();
  }
  loop.remove(co_await own_promise{}, error);
}

}  // namespace

event_loop::event_loop() : state_(std::make_unique<state>()) {}
event_loop::~event_loop() = default;

void event_loop::start(async_task<void> root) {
  const root_coroutine started = run_root(std::move(root), *state_);
  state_->add(started.promise);
  post(started.frame());
}

void event_loop::run() {
  state_->io.restart();
  if (interpreter::in_use() == lock_model::gil) {
    run_letting_go();
  } else {
    state_->io.run();
  }
  if (auto error = std::exchange(state_->error, nullptr)) std::rethrow_exception(error);
}

// asyncio's rhythm: all that is ready, then the lock is let go to wait.
void event_loop::run_letting_go() {
  do {
    state_->io.poll();
    interpreter::let_go();
  } while (state_->io.run_one() > 0);
  interpreter::let_go();
}

void event_loop::post(std::coroutine_handle<> suspended) {
  asio::post(state_->io, [suspended] { interpreter::resume(suspended); });
}

asio::io_context& event_loop::io() { return state_->io; }

async_task<void> sleep_until(event_loop& loop, std::chrono::steady_clock::time_point when) {
  if (when <= std::chrono::steady_clock::now()) co_return;
  asio::steady_timer timer(loop.io(), when);
  co_await operation<boost::system::error_code>(
      [&](auto done) { timer.async_wait(std::move(done)); });
}

}  // namespace regatta
