// SPDX-License-Identifier: Apache-2.0
#include "harness/load/serve_items.hpp"

#ifndef REGATTA_WITHOUT_TBB
#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include "harness/platform/affinity.hpp"
#endif

namespace regatta {
namespace {

const backend_info about{
    .name = "tbb",
    .summary = "oneTBB tasks in an arena; items flow through a parallel_pipeline",
    .complexity = 3,
    .options = {
        {"workers", "auto", "arena slots; auto: usable CPUs, or up to 32 for waiting work"}}};

#ifdef REGATTA_WITHOUT_TBB

const backend_registration tbb_registered({
    .info = about,
    .start = [](const backend_setup&) -> backend_or_unavailable {
      return unavailable{"this build is without oneTBB (ThreadSanitizer misreads it)"};
    },
});

#else

// Pins arena slot i to the i-th CPU. The slot, not the thread: TBB moves threads between arenas.
class slot_pinner final : public tbb::task_scheduler_observer {
 public:
  slot_pinner(tbb::task_arena& arena, std::vector<int> cpus)
      : tbb::task_scheduler_observer(arena), cpus_(std::move(cpus)) {
    observe(true);
  }
  ~slot_pinner() override { observe(false); }
  void on_scheduler_entry(bool) override {
    const auto slot = static_cast<std::size_t>(tbb::this_task_arena::current_thread_index());
    if (slot < cpus_.size()) pin_this_thread(cpus_[slot]);
  }

 private:
  const std::vector<int> cpus_;
};

class tbb_pipeline final : public backend {
 public:
  explicit tbb_pipeline(const backend_setup& setup)
      : workload_(setup.workload),
        runtime_(environment_of(setup)),
        workers_(blocking_workers(setup, "workers")),
        pins_(pins_for(setup, workers_)),
        // The caller takes a slot, and the runtime would otherwise cap workers at the CPUs it sees.
        parallelism_(tbb::global_control::max_allowed_parallelism, workers_ + 1),
        arena_(static_cast<int>(workers_)) {
    arena_.initialize();
    if (!pins_.empty()) pinner_ = std::make_unique<slot_pinner>(arena_, pins_);
  }

  void run(epoch& slice) override {
    std::vector<recorder*> notes(workers_);
    for (recorder*& each : notes) each = &slice.new_recorder();
    const auto next = [&slice](tbb::flow_control& flow) -> ticket {
      const auto which = slice.claim();
      if (!which) {
        flow.stop();
        return {};
      }
      std::this_thread::sleep_until(which->due);
      return *which;
    };
    const auto serve = [&](const ticket& which) {
      const auto slot = static_cast<std::size_t>(tbb::this_task_arena::current_thread_index());
      serve_one(which, *notes[slot], workload_, runtime_);
    };
    const scoped_affinity restore(current_affinity());  // slot 0 is this thread
    arena_.execute([&] {
      tbb::parallel_pipeline(
          slice.plan().in_flight,
          tbb::make_filter<void, ticket>(tbb::filter_mode::serial_in_order, next) &
              tbb::make_filter<ticket, void>(tbb::filter_mode::parallel, serve));
    });
  }

  backend_facts facts() const override {
    return {.workers = workers_, .capacity = workers_, .pinned = !pins_.empty()};
  }

 private:
  const workload_instance& workload_;
  blocking_runtime runtime_;
  const unsigned workers_;
  const std::vector<int> pins_;
  tbb::global_control parallelism_;
  tbb::task_arena arena_;
  std::unique_ptr<slot_pinner> pinner_;
};

const backend_registration tbb_registered({
    .info = about,
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<tbb_pipeline>(setup);
    },
});

#endif

}  // namespace
}  // namespace regatta
