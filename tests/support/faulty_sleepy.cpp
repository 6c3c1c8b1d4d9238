// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <thread>

#include "harness/load/serve_items.hpp"

// A backend that answers right and late: it loses any race. In the program regatta_faulty only.

namespace regatta {
namespace {

class sleepy final : public backend {
 public:
  explicit sleepy(const backend_setup& setup)
      : workload_(setup.workload), runtime_(environment_of(setup)) {}

  void run(epoch& slice) override {
    recorder& notes = slice.new_recorder();
    while (const auto which = slice.claim()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      serve_one(*which, notes, workload_, runtime_);
    }
  }

  backend_facts facts() const override { return {}; }

 private:
  const workload_instance& workload_;
  blocking_runtime runtime_;
};

const backend_registration registered({
    .info = {.name = "sleepy", .summary = "sleeps for 10 ms before each item"},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<sleepy>(setup);
    },
});

}  // namespace
}  // namespace regatta
