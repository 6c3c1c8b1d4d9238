// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/worker_pool.hpp"
#include "harness/executor/internal/engines.hpp"
#include "harness/executor/internal/loop_thread.hpp"

namespace regatta::internal {
namespace {

async_task<void> run_on_pool(const executor_core& core, worker_pool& pool, event_loop& loop,
                             call& work) {
  auto away = offload(pool, loop, [&] {
    const executor_thread here(core);
    work.execute();
    return true;
  });
  co_await away;
  work.publish();
}

// A coroutine on the loop for every worker: each hands over a call, sleeps, and makes its end
// known on the loop.
class coroutine_thread_engine final : public engine {
 public:
  coroutine_thread_engine(const executor_core& core, unsigned workers)
      : loop_(core, true, workers, [&core, workers](event_loop& loop) -> loop_thread::server {
          return
              [&core, &loop, pool = std::make_shared<worker_pool>(workers, std::span<const int>())](
                  call& work) { return run_on_pool(core, *pool, loop, work); };
        }) {}

  void submit(std::shared_ptr<call> work) override { loop_.feed().push(std::move(work)); }

 private:
  loop_thread loop_;
};

}  // namespace

std::unique_ptr<engine> make_coroutine_thread_engine(executor_core& core,
                                                     const executor_options& options) {
  return std::make_unique<coroutine_thread_engine>(core, options.workers);
}

}  // namespace regatta::internal
