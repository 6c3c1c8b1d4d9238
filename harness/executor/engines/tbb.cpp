// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/errors.hpp"
#include "harness/executor/internal/engines.hpp"

#ifndef REGATTA_WITHOUT_TBB
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <coroutine>
#include <optional>
#include <thread>

#include "harness/executor/internal/loop_thread.hpp"
#endif

namespace regatta::internal {

#ifdef REGATTA_WITHOUT_TBB

namespace {

[[noreturn]] void refuse() {
  throw executor_unavailable("this build is without oneTBB (ThreadSanitizer misreads it)");
}

}  // namespace

std::unique_ptr<engine> make_tbb_engine(executor_core&, const executor_options&) { refuse(); }
std::unique_ptr<engine> make_coroutine_tbb_engine(executor_core&, const executor_options&) {
  refuse();
}

#else

namespace {

// An arena for tasks that nobody waits for. No slot is kept for the thread that enqueues.
class enqueueing_arena {
 public:
  explicit enqueueing_arena(unsigned workers) : arena_(static_cast<int>(workers), 0) {
    using control = tbb::global_control;
    // The runtime counts a thread that we do not have, and the least of all wishes wins.
    if (workers + 1 > control::active_value(control::max_allowed_parallelism)) {
      parallelism_.emplace(control::max_allowed_parallelism, workers + 1);
    }
    arena_.initialize();
  }
  ~enqueueing_arena() {
    // An arena does not wait for what was enqueued; acquire: partner of the task's release.
    while (under_way_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  }

  template <class Function>
  void enqueue(Function function) {
    under_way_.fetch_add(1, std::memory_order_relaxed);
    try {
      arena_.enqueue([this, function = std::move(function)] {
        function();
        under_way_.fetch_sub(1, std::memory_order_release);
      });
    } catch (...) {
      under_way_.fetch_sub(1, std::memory_order_release);
      throw;
    }
  }

 private:
  std::optional<tbb::global_control> parallelism_;
  tbb::task_arena arena_;
  std::atomic<unsigned> under_way_{0};
};

class tbb_engine final : public engine {
 public:
  explicit tbb_engine(unsigned workers) : arena_(workers) {}
  void submit(std::shared_ptr<call> work) override {
    arena_.enqueue([work = std::move(work)] { work->run(); });
  }

 private:
  enqueueing_arena arena_;
};

struct in_arena {
  const executor_core& core;
  enqueueing_arena& arena;
  event_loop& loop;
  call& work;

  bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    arena.enqueue([core = &core, loop = &loop, work = &work, caller] {
      {
        const executor_thread here(*core);
        work->execute();
      }
      loop->post(caller);
    });
  }
  void await_resume() noexcept {}
};

async_task<void> run_in_arena(const executor_core& core, enqueueing_arena& arena, event_loop& loop,
                              call& work) {
  in_arena away{core, arena, loop, work};
  co_await away;
  work.publish();
}

class coroutine_tbb_engine final : public engine {
 public:
  coroutine_tbb_engine(const executor_core& core, unsigned workers)
      : loop_(core, true, workers, [&core, workers](event_loop& loop) -> loop_thread::server {
          return [&core, &loop, arena = std::make_shared<enqueueing_arena>(workers)](call& work) {
            return run_in_arena(core, *arena, loop, work);
          };
        }) {}

  void submit(std::shared_ptr<call> work) override { loop_.feed().push(std::move(work)); }

 private:
  loop_thread loop_;
};

}  // namespace

std::unique_ptr<engine> make_tbb_engine(executor_core&, const executor_options& options) {
  return std::make_unique<tbb_engine>(options.workers);
}
std::unique_ptr<engine> make_coroutine_tbb_engine(executor_core& core,
                                                  const executor_options& options) {
  return std::make_unique<coroutine_tbb_engine>(core, options.workers);
}

#endif

}  // namespace regatta::internal
