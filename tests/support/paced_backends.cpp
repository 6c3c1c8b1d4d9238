// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <thread>
#include <vector>

#include "harness/load/serve_items.hpp"

// Backends whose speed is known beforehand, on any machine: they sleep. In the program
// regatta_faulty only.
//   paced-steady   one item at a time, 4 ms each: 250 items/s
//   paced-growing  all in flight at once, 16 ms each: 62.5 items/s for each in flight
// so that the lead passes from one to the other at 4 in flight.

namespace regatta {
namespace {

using namespace std::chrono_literals;

class paced final : public backend {
 public:
  paced(const backend_setup& setup, unsigned at_once, std::chrono::milliseconds pace)
      : workload_(setup.workload),
        runtime_(environment_of(setup)),
        at_once_(at_once),
        pace_(pace) {}

  void run(epoch& slice) override {
    std::vector<std::jthread> servers;
    for (unsigned i = 0; i < at_once_; ++i) servers.emplace_back([&] { serve(slice); });
  }
  backend_facts facts() const override { return {.workers = at_once_, .capacity = at_once_}; }

 private:
  void serve(epoch& slice) {
    recorder& notes = slice.new_recorder();
    // By the clock, so that a late wake-up is made up for by the next.
    auto next = std::chrono::steady_clock::now();
    while (const auto which = slice.claim()) {
      next += pace_;
      std::this_thread::sleep_until(next);
      serve_one(*which, notes, workload_, runtime_);
    }
  }

  const workload_instance& workload_;
  blocking_runtime runtime_;
  const unsigned at_once_;
  const std::chrono::milliseconds pace_;
};

const backend_registration steady({
    .info = {.name = "paced-steady", .summary = "one item at a time, one in 4 ms"},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<paced>(setup, 1, 4ms);
    },
});
const backend_registration growing({
    .info = {.name = "paced-growing", .summary = "all items at once, 16 ms each"},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<paced>(setup, setup.in_flight, 16ms);
    },
});

}  // namespace
}  // namespace regatta
