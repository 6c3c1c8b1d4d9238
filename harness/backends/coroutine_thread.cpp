// SPDX-License-Identifier: Apache-2.0
#include "harness/interpreter/interpreter.hpp"
#include "harness/load/loop_backend.hpp"
#include "harness/load/serve_items.hpp"

namespace regatta {
namespace {

// One event loop for what waits, a pool of threads for what computes.
class thread_compute final : public reporting_engine {
 public:
  explicit thread_compute(const backend_setup& setup)
      : workers_(setup.cpus.usable), pins_(pins_for(setup, workers_)), pool_(workers_, pins_) {}

  async_task<buffer> compute(event_loop& loop, bytes_view dataset, kernel_call work,
                             bytes_view input) override {
    co_return co_await offload(pool_, loop,
                               [=] { return interpreter::run_kernel(work, dataset, input); });
  }
  void add_facts(backend_facts& facts) const override {
    facts.workers += workers_;
    facts.pinned = !pins_.empty();
  }

 private:
  const unsigned workers_;
  const std::vector<int> pins_;
  worker_pool pool_;
};

std::unique_ptr<reporting_engine> make_engine(event_loop&, const backend_setup& setup) {
  return std::make_unique<thread_compute>(setup);
}

const backend_registration coroutine_thread_registered({
    .info = {.name = "coroutine+thread",
             .summary = "one event loop; kernels are offloaded to a thread pool",
             .complexity = 4},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<loop_backend>(setup, &make_engine);
    },
    .make_engine = &make_engine,
});

}  // namespace
}  // namespace regatta
