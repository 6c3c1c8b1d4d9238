// SPDX-License-Identifier: Apache-2.0
#include "harness/load/serve_items.hpp"
#include "harness/process/process_pool.hpp"
#include "harness/service/request_engine.hpp"

namespace regatta {
namespace {

// The gate lets as many requests out as there are workers: one behind another in a worker's socket
// would wait for it even when the next worker is free.
class process_requests final : public request_engine {
 public:
  process_requests(const request_engine_setup& setup, unsigned workers)
      : environment_(environment_of(setup.backend)),
        counts_(setup.counts),
        engine_(std::make_unique<no_kernels>()),
        runtime_(*setup.loops.front(), environment_, *engine_, helpers_),
        gate_(workers),
        pool_(*setup.loops.front(), setup.backend,
              parse_start_method(setup.backend.options.at("start")), workers, {}) {}

  async_task<buffer> answer(std::size_t, bytes_view input) override {
    const counted inside(counts_.inside);
    async_context context(runtime_);
    co_await gate_.acquire(context);
    const permit held{gate_};
    const item only{0, input};
    auto answers = co_await pool_.run_items(std::span(&only, 1));
    remote_answer& answer = answers.front();
    if (answer.outcome != remote_answer::fate::answered) {
      // Not begun again: the worker may have asked the LLM already, which costs.
      throw std::runtime_error(std::string(as_text(answer.bytes)));
    }
    co_return std::move(answer.bytes);
  }

  backend_facts facts() const override {
    backend_facts facts;
    pool_.add_facts(facts);
    return facts;
  }

 private:
  // All that computes is in the workers.
  class no_kernels final : public compute_engine {
    async_task<buffer> compute(event_loop&, bytes_view, kernel_call, bytes_view) override {
      throw std::logic_error("the front of a pool of processes computes nothing");
    }
  };
  struct permit {
    async_context::semaphore& gate;
    ~permit() { gate.release(); }
  };

  const run_environment environment_;
  pool_counts& counts_;
  helper_threads helpers_{1};
  const std::unique_ptr<compute_engine> engine_;
  async_runtime runtime_;
  async_context::semaphore gate_;
  process_pool pool_;
};

}  // namespace

std::unique_ptr<request_engine> start_process_requests(const request_engine_setup& setup) {
  return std::make_unique<process_requests>(setup,
                                            setup.workers != 0 ? setup.workers : setup.calls);
}

}  // namespace regatta
