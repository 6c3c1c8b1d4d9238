// SPDX-License-Identifier: Apache-2.0
#include "harness/load/serve_items.hpp"
#include "harness/service/counted_engine.hpp"
#include "harness/service/request_engine.hpp"

namespace regatta {
namespace {

class loop_requests final : public request_engine {
 public:
  explicit loop_requests(const request_engine_setup& setup)
      : workload_(setup.backend.workload),
        calls_(setup.calls),
        environment_(environment_of(setup.backend)) {
    const auto make_engine = backends().at(setup.name).make_engine;
    for (event_loop* const loop : setup.loops) {
      loops_.push_back(std::make_unique<served_loop>(
          *loop, environment_, make_engine(*loop, setup.backend), setup.counts, helpers_));
    }
  }

  async_task<buffer> answer(std::size_t loop, bytes_view input) override {
    async_context context(loops_[loop]->runtime);
    co_return co_await workload_.run(context, item{0, input});
  }

  // The calls under way and as many that are ready to follow; and what its workers hold. All the
  // others would be computed long before they can be asked for, and keep from the workers what is
  // nearly done.
  std::size_t width() const override { return 2 * (std::size_t{calls_} + facts().workers); }

  backend_facts facts() const override {
    backend_facts facts{.workers = static_cast<unsigned>(loops_.size())};
    for (const auto& loop : loops_) loop->engine.add_facts(facts);
    return facts;
  }

 private:
  struct served_loop {
    served_loop(event_loop& loop, const run_environment& environment,
                std::unique_ptr<reporting_engine> made, pool_counts& counts,
                helper_threads& helpers)
        : engine(std::move(made), counts), runtime(loop, environment, engine, helpers) {}
    counted_engine engine;
    async_runtime runtime;
  };

  const workload_instance& workload_;
  const unsigned calls_;
  const run_environment environment_;
  helper_threads helpers_{helper_thread_count};
  std::vector<std::unique_ptr<served_loop>> loops_;
};

}  // namespace

std::unique_ptr<request_engine> start_loop_requests(const request_engine_setup& setup) {
  return std::make_unique<loop_requests>(setup);
}

}  // namespace regatta
