// SPDX-License-Identifier: Apache-2.0
#include "harness/load/serve_items.hpp"
#include "harness/process/shared_pool.hpp"

namespace regatta {
namespace {

class shared_memory final : public backend {
 public:
  explicit shared_memory(const backend_setup& setup)
      : setup_(setup),
        workers_(blocking_workers(setup, "workers")),
        pins_(pins_for(setup, workers_)),
        outstanding_(std::min(setup.in_flight, messages_out(setup, workers_))),
        pool_(setup_, workers_, pins_, spin(setup, workers_)) {}

  void run(epoch& slice) override { pool_.run(slice, outstanding_); }

  backend_facts facts() const override {
    backend_facts facts{.workers = 0, .capacity = outstanding_, .pinned = !pins_.empty()};
    pool_.add_facts(facts);
    return facts;
  }

 private:
  // Spinning saves a wake-up of tens of microseconds an item while a CPU is idle, and costs half
  // the throughput when none is: the dispatcher needs one too.
  static std::chrono::nanoseconds spin(const backend_setup& setup, unsigned workers) {
    const std::string& text = setup.options.at("spin");
    if (text == "auto") {
      return workers < setup.cpus.usable ? std::chrono::microseconds(30)
                                         : std::chrono::microseconds(0);
    }
    if (text == "0") return {};
    return std::chrono::microseconds(number_option("spin", text));
  }

  const backend_setup setup_;
  const unsigned workers_;
  const std::vector<int> pins_;
  const unsigned outstanding_;
  shared_pool pool_;
};

const backend_registration shared_memory_registered({
    .info = {.name = "shared-memory",
             .summary = "worker processes over one shared copy of the data; only offsets travel",
             .complexity = 8,
             .isolates = true,
             .shared_dataset = true,
             .options = {{"workers", "auto",
                          "processes; auto: usable CPUs, or up to 32 for waiting work"},
                         {"spin", "auto",
                          "microseconds to spin before sleeping; auto: 30 while a CPU is idle"}}},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<shared_memory>(setup);
    },
});

}  // namespace
}  // namespace regatta
