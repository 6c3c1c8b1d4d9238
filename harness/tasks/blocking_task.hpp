// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <coroutine>
#include <utility>

#include "harness/tasks/frame_pool.hpp"
#include "harness/tasks/result_slot.hpp"

namespace regatta {

template <class T>
class [[nodiscard("the result, or the exception, is inside")]] blocking_task;

/// The blocking colour: an eager coroutine that never suspends, because every operation of a
/// blocking_context is done when it returns. By the time the caller holds the task, it has run.
///
///   blocking_task<buffer> answer = workload.run(context, item);  // the work happens here
///   buffer bytes = std::move(answer).get();                      // rethrows what escaped
///
/// Thread safety: one thread, the one that made it.
template <class T>
class blocking_task {
 public:
  using value_type = T;

  class promise_type : public internal::result_slot<T> {
   public:
    blocking_task get_return_object() noexcept {
      return blocking_task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }

    static void* operator new(std::size_t size) { return internal::allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept {
      internal::free_frame(frame, size);
    }
  };

  blocking_task(blocking_task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  blocking_task& operator=(blocking_task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~blocking_task() {
    if (frame_) frame_.destroy();
  }

  T get() && {
    assert(frame_.done());
    return frame_.promise().take();
  }

  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  T await_resume() { return std::move(*this).get(); }

 private:
  explicit blocking_task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

}  // namespace regatta
