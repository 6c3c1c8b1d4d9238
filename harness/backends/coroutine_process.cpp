// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "harness/load/loop_backend.hpp"
#include "harness/load/serve_items.hpp"
#include "harness/process/process_pool.hpp"

namespace regatta {
namespace {

// One event loop for what waits, worker processes for what computes: kernels travel as an offset
// into the program, their inputs and answers as bytes.
class process_compute final : public reporting_engine {
 public:
  process_compute(event_loop& loop, const backend_setup& setup)
      : pins_(pins_for(setup, setup.cpus.usable)),
        setup_(setup),
        pool_(loop, setup_, parse_start_method(setup.options.at("start")), setup.cpus.usable,
              pins_) {}

  async_task<buffer> compute(event_loop&, bytes_view, kernel_call work, bytes_view input) override {
    remote_answer answer = co_await pool_.run_kernel(work.function, input);
    if (answer.outcome != remote_answer::fate::answered) {
      const std::string problem(as_text(answer.bytes));
      if (answer.outcome == remote_answer::fate::lost) throw worker_lost(problem);
      throw std::runtime_error(problem);
    }
    co_return std::move(answer.bytes);
  }
  void add_facts(backend_facts& facts) const override {
    pool_.add_facts(facts);
    facts.pinned = !pins_.empty();
  }

 private:
  const std::vector<int> pins_;
  const backend_setup setup_;
  process_pool pool_;
};

std::unique_ptr<reporting_engine> make_engine(event_loop& loop, const backend_setup& setup) {
  return std::make_unique<process_compute>(loop, setup);
}

const backend_registration coroutine_process_registered({
    .info = {.name = "coroutine+process",
             .summary = "one event loop; kernels are offloaded to worker processes",
             .complexity = 7,
             .options =
                 {{"start", "fork", "fork, forkserver or spawn", {"fork", "forkserver", "spawn"}}}},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<loop_backend>(setup, &make_engine);
    },
    .prepare = [](const std::map<std::string, std::string>& options) -> std::shared_ptr<void> {
      if (parse_start_method(options.at("start")) != start_method::forkserver) return nullptr;
      return std::make_shared<fork_server>();
    },
    .make_engine = &make_engine,
});

}  // namespace
}  // namespace regatta
