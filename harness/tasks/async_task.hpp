// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <utility>

#include "harness/diagnostics/task_tracker/tracked_promise.hpp"
#include "harness/tasks/frame_pool.hpp"
#include "harness/tasks/result_slot.hpp"

namespace regatta {

template <class T>
class [[nodiscard("an async_task does nothing until it is awaited")]] async_task;

/// The asynchronous colour: a lazy coroutine that runs on an event_loop and resumes its awaiter
/// directly.
///
///   async_task<int> twice(async_context& ctx) {
///     co_await ctx.sleep(1ms);
///     co_return 2;
///   }
///
/// Leaner than boost::asio::awaitable (no executor in the frame, frames pooled per thread), and it
/// keeps Asio out of workload sources. Resumes on the thread of the loop it was started on.
/// Not for: running in the background; somebody must await it (event_loop::start does for roots).
/// With REGATTA_TRACK_TASKS the task tracker watches it (docs/task-tracker.md).
/// Thread safety: one thread, its loop's.
template <class T>
class async_task {
 public:
  using value_type = T;

  class promise_type : public internal::result_slot<T>, public tracked_promise<promise_type> {
   public:
    async_task get_return_object() noexcept {
      return async_task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    auto initial_suspend() noexcept { return this->tracked_initial(std::suspend_always{}); }
    auto final_suspend() noexcept { return this->tracked_final(resume_awaiter{}); }

    static void* operator new(std::size_t size) { return internal::allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept {
      internal::free_frame(frame, size);
    }

   private:
    friend class async_task;
    struct resume_awaiter {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> finished) noexcept {
        return finished.promise().awaiter_;
      }
      void await_resume() noexcept {}
    };
    std::coroutine_handle<> awaiter_ = std::noop_coroutine();
  };

  async_task(async_task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  async_task& operator=(async_task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~async_task() {
    if (frame_) frame_.destroy();
  }

  auto operator co_await() && noexcept {
    struct awaiter {
      std::coroutine_handle<promise_type> frame;
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
        frame.promise().awaiter_ = caller;
        return frame;
      }
      T await_resume() { return frame.promise().take(); }
    };
    return awaiter{frame_};
  }

  /// For schedulers: the coroutine itself, to be resumed once on its loop's thread.
  std::coroutine_handle<> handle() const noexcept { return frame_; }

 private:
  explicit async_task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

}  // namespace regatta
