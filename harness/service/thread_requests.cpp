// SPDX-License-Identifier: Apache-2.0
#include "harness/load/serve_items.hpp"
#include "harness/service/request_engine.hpp"

namespace regatta {
namespace {

// Not pinned: most of them wait for the LLM at any time.
class thread_requests final : public request_engine {
 public:
  thread_requests(const request_engine_setup& setup, unsigned workers)
      : workload_(setup.backend.workload),
        runtime_(environment_of(setup.backend)),
        loops_(setup.loops.begin(), setup.loops.end()),
        counts_(setup.counts),
        workers_(workers),
        pool_(workers, {}) {}

  async_task<buffer> answer(std::size_t loop, bytes_view input) override {
    const counted inside(counts_.inside);
    co_return co_await offload(pool_, *loops_[loop], [this, input] {
      blocking_context context(runtime_);
      return workload_.run(context, item{0, input}).get();
    });
  }

  std::size_t width() const override { return workers_; }

  backend_facts facts() const override {
    return {.workers = workers_ + static_cast<unsigned>(loops_.size())};
  }

 private:
  const workload_instance& workload_;
  blocking_runtime runtime_;
  const std::vector<event_loop*> loops_;
  pool_counts& counts_;
  const unsigned workers_;
  worker_pool pool_;
};

}  // namespace

std::unique_ptr<request_engine> start_thread_requests(const request_engine_setup& setup) {
  // A thread for every call, and one a CPU that computes meanwhile.
  const unsigned usual = setup.calls + setup.backend.cpus.usable;
  return std::make_unique<thread_requests>(setup, setup.workers != 0 ? setup.workers : usual);
}

}  // namespace regatta
