// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "harness/load/inline_compute.hpp"
#include "harness/load/serve_items.hpp"
#include "harness/platform/affinity.hpp"

namespace regatta {
namespace {

// An io_context per usable CPU: one shared by several threads costs 2.4 times as much a request.
class coroutine_mt final : public backend {
 public:
  explicit coroutine_mt(const backend_setup& setup)
      : workload_(setup.workload),
        slots_(setup.in_flight),
        environment_(environment_of(setup)),
        pins_(pins_for(setup, setup.cpus.usable)) {
    environment_.loops = setup.cpus.usable;
    for (unsigned i = 0; i < setup.cpus.usable; ++i) {
      cores_.push_back(std::make_unique<core>(environment_, engine_, helpers_));
    }
  }

  void run(epoch& slice) override {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < cores_.size(); ++i) {
      // Slots are dealt out evenly; the first loops take the remainder.
      const auto share =
          static_cast<unsigned>(slots_ / cores_.size() + (i < slots_ % cores_.size()));
      threads.emplace_back([this, &slice, share, i] {
        if (!pins_.empty()) pin_this_thread(pins_[i]);
        serve_loop(slice, share, workload_, cores_[i]->runtime);
      });
    }
  }

  backend_facts facts() const override {
    return {.workers = static_cast<unsigned>(cores_.size()),
            .capacity = slots_,
            .pinned = !pins_.empty(),
            .file_reads = cores_.front()->runtime.files().how()};
  }

 private:
  struct core {
    core(const run_environment& environment, compute_engine& engine, helper_threads& helpers)
        : runtime(loop, environment, engine, helpers) {}
    event_loop loop;
    async_runtime runtime;
  };

  const workload_instance& workload_;
  const unsigned slots_;
  run_environment environment_;
  const std::vector<int> pins_;
  inline_compute engine_;
  std::vector<std::unique_ptr<core>> cores_;
  helper_threads helpers_{helper_thread_count};  // ends before the loops it posts to
};

const backend_registration coroutine_mt_registered({
    .info = {.name = "coroutine-mt",
             .summary = "an event loop per usable CPU, coroutines dealt out among them",
             .complexity = 3,
             .takes_blocking_code = false},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<coroutine_mt>(setup);
    },
    .make_engine = [](event_loop&, const backend_setup&) -> std::unique_ptr<reporting_engine> {
      return std::make_unique<inline_compute>();
    },
    .loop_per_cpu = true,
});

}  // namespace
}  // namespace regatta
