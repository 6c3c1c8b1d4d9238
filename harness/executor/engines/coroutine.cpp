// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "harness/executor/internal/engines.hpp"
#include "harness/executor/internal/loop_thread.hpp"

namespace regatta::internal {
namespace {

async_task<void> run_on_loop(call& work) {
  work.execute();
  work.publish();
  co_return;
}

std::unique_ptr<loop_thread> inline_loop(const executor_core& core, bool alone) {
  return std::make_unique<loop_thread>(
      core, alone, 1, [](event_loop&) { return loop_thread::server(run_on_loop); });
}

// Calls run on the loops themselves, one at a time on each. The next goes to the loop with the
// fewest before it, and stays there.
class coroutine_engine final : public engine {
 public:
  coroutine_engine(const executor_core& core, unsigned loops) {
    for (unsigned i = 0; i < loops; ++i) loops_.push_back(inline_loop(core, loops == 1));
  }

  void submit(std::shared_ptr<call> work) override {
    call_feed* least = &loops_.front()->feed();
    if (loops_.size() > 1) {
      std::size_t load = least->load();
      for (const auto& each : loops_) {
        if (load == 0) break;
        if (const std::size_t other = each->feed().load(); other < load) {
          load = other;
          least = &each->feed();
        }
      }
    }
    least->push(std::move(work));
  }

 private:
  std::vector<std::unique_ptr<loop_thread>> loops_;
};

}  // namespace

std::unique_ptr<engine> make_coroutine_engine(executor_core& core, const executor_options&) {
  return std::make_unique<coroutine_engine>(core, 1);
}

std::unique_ptr<engine> make_coroutine_mt_engine(executor_core& core,
                                                 const executor_options& options) {
  return std::make_unique<coroutine_engine>(core, options.workers);
}

}  // namespace regatta::internal
