// SPDX-License-Identifier: Apache-2.0
#include "harness/process/process_pool.hpp"
#include "harness/service/request_engine.hpp"

namespace regatta {
namespace {

class process_requests final : public request_engine {
 public:
  process_requests(const request_engine_setup& setup, unsigned workers)
      : counts_(setup.counts),
        workers_(workers),
        pool_(*setup.loops.front(), setup.backend,
              parse_start_method(setup.backend.options.at("start")), workers, {}) {}

  async_task<buffer> answer(std::size_t, bytes_view input) override {
    const counted inside(counts_.inside);
    const item only{0, input};
    auto answers = co_await pool_.run_items(std::span(&only, 1));
    remote_answer& answer = answers.front();
    if (answer.outcome != remote_answer::fate::answered) {
      // Not begun again: the worker may have asked the LLM already, which costs.
      throw std::runtime_error(std::string(as_text(answer.bytes)));
    }
    co_return std::move(answer.bytes);
  }

  // One behind another in a worker's socket would wait for it even when the next worker is free.
  std::size_t width() const override { return workers_; }

  backend_facts facts() const override {
    backend_facts facts;
    pool_.add_facts(facts);
    return facts;
  }

 private:
  pool_counts& counts_;
  const unsigned workers_;
  process_pool pool_;
};

}  // namespace

std::unique_ptr<request_engine> start_process_requests(const request_engine_setup& setup) {
  return std::make_unique<process_requests>(setup,
                                            setup.workers != 0 ? setup.workers : setup.calls);
}

}  // namespace regatta
