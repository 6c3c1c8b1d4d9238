// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <coroutine>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "harness/contexts/event_loop.hpp"

namespace regatta {

/// Threads for what must not run on an event loop: blocking calls and kernels. Jobs are intrusive
/// (no allocation a job), taken in order, and a notification is sent only when a worker sleeps.
/// Thread safety: submit() from any thread.
class worker_pool {
 public:
  class job {
   public:
    virtual void run() noexcept = 0;

   protected:
    ~job() = default;

   private:
    friend class worker_pool;
    job* next_ = nullptr;
  };

  /// Worker i is pinned to cpus[i % size], if there are any.
  worker_pool(unsigned workers, std::span<const int> cpus);
  /// Waits for submitted jobs.
  ~worker_pool();

  /// `work` must live until its run() was called.
  void submit(job& work);

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable wake_;
  job* first_ = nullptr;
  job* last_ = nullptr;
  unsigned sleepers_ = 0;
  bool stopping_ = false;
  std::vector<std::jthread> workers_;
};

/// co_await offload(pool, loop, f): runs f() on the pool, resumes on the loop with its value.
/// REQUIRES: the pool ends before the loop does; a worker may still be on its way out of post().
template <class Function>
auto offload(worker_pool& pool, event_loop& loop, Function function) {
  using value = decltype(function());
  struct awaiter final : worker_pool::job {
    awaiter(worker_pool& pool_in, event_loop& loop_in, Function function_in)
        : pool(pool_in), loop(loop_in), function(std::move(function_in)) {}
    void run() noexcept override {
      try {
        result.emplace(function());
      } catch (...) {
        error = std::current_exception();
      }
      loop.post(caller);  // the last touch: the frame may be gone by the next line
    }
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> suspended) {
      caller = suspended;
      pool.submit(*this);
    }
    value await_resume() {
      if (error) std::rethrow_exception(error);
      return std::move(*result);
    }
    worker_pool& pool;
    event_loop& loop;
    Function function;
    std::optional<value> result;
    std::exception_ptr error;
    std::coroutine_handle<> caller;
  };
  return awaiter(pool, loop, std::move(function));
}

}  // namespace regatta
