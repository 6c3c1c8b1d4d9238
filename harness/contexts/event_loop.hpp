// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <coroutine>
#include <memory>

#include "harness/tasks/async_task.hpp"

namespace boost::asio {
class io_context;
}

namespace regatta {

/// One thread's event loop: a boost::asio::io_context on which async_tasks are started and resumed.
/// Thread safety: post() from any thread; everything else on the loop's thread, or while it is not
/// running.
class event_loop {
 public:
  event_loop();
  ~event_loop();
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  /// Takes the task over and runs it to its end in the next run(). What escapes from it comes out
  /// of run().
  void start(async_task<void> root);
  /// Until every started task has ended.
  void run();
  /// Resumes `suspended` on the loop, later. Any thread.
  void post(std::coroutine_handle<> suspended);
  /// co_await loop.yield(): lets the other ready tasks go first.
  auto yield() noexcept {
    struct awaiter {
      event_loop& loop;
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<> self) { loop.post(self); }
      void await_resume() noexcept {}
    };
    return awaiter{*this};
  }

  boost::asio::io_context& io();

 private:
  void run_letting_go();

  struct state;
  std::unique_ptr<state> state_;
};

/// Returns at once, without a trip through the loop, if `when` has passed.
async_task<void> sleep_until(event_loop& loop, std::chrono::steady_clock::time_point when);

}  // namespace regatta
