// SPDX-License-Identifier: Apache-2.0
#include "harness/interpreter/interpreter.hpp"
#include "harness/load/loop_backend.hpp"

#ifndef REGATTA_WITHOUT_TBB
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <thread>
#endif

namespace regatta {
namespace {

const backend_info about{.name = "coroutine+tbb",
                         .summary = "one event loop; kernels are offloaded to a oneTBB arena",
                         .complexity = 5};

#ifdef REGATTA_WITHOUT_TBB

const backend_registration coroutine_tbb_registered({
    .info = about,
    .start = [](const backend_setup&) -> backend_or_unavailable {
      return unavailable{"this build is without oneTBB (ThreadSanitizer misreads it)"};
    },
});

#else

class tbb_compute final : public reporting_engine {
 public:
  // No slot is kept for the loop's thread: it only enqueues, and would waste a worker.
  explicit tbb_compute(unsigned workers)
      : workers_(workers),
        parallelism_(tbb::global_control::max_allowed_parallelism, workers + 1),
        arena_(static_cast<int>(workers), 0) {
    arena_.initialize();
  }

  ~tbb_compute() override {
    // An arena does not wait for what was enqueued; acquire: partner of the task's release.
    while (under_way_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  }

  async_task<buffer> compute(event_loop& loop, bytes_view dataset, kernel_call work,
                             bytes_view input) override {
    struct awaiter {
      tbb::task_arena& arena;
      std::atomic<unsigned>& under_way;
      event_loop& loop;
      bytes_view dataset;
      kernel_call work;
      bytes_view input;
      buffer answer;
      std::exception_ptr error;

      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<> caller) {
        under_way.fetch_add(1, std::memory_order_relaxed);
        arena.enqueue([this, caller, &under_way = under_way] {
          try {
            answer = interpreter::run_kernel(work, dataset, input);
          } catch (...) {
            error = std::current_exception();
          }
          loop.post(caller);  // the last touch of this frame
          under_way.fetch_sub(1, std::memory_order_release);
        });
      }
      buffer await_resume() {
        if (error) std::rethrow_exception(error);
        return std::move(answer);
      }
    };
    awaiter enqueued{arena_, under_way_, loop, dataset, work, input, {}, {}};
    co_return co_await enqueued;
  }
  void add_facts(backend_facts& facts) const override { facts.workers += workers_; }

 private:
  const unsigned workers_;
  tbb::global_control parallelism_;
  tbb::task_arena arena_;
  std::atomic<unsigned> under_way_{0};  ///< tasks that may still touch the loop
};

std::unique_ptr<reporting_engine> make_engine(event_loop&, const backend_setup& setup) {
  return std::make_unique<tbb_compute>(setup.cpus.usable);
}

const backend_registration coroutine_tbb_registered({
    .info = about,
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<loop_backend>(setup, &make_engine);
    },
    .make_engine = &make_engine,
});

#endif

}  // namespace
}  // namespace regatta
