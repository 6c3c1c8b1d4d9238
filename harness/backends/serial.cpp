// SPDX-License-Identifier: Apache-2.0
#include "harness/load/serve_items.hpp"

namespace regatta {
namespace {

// The reference: one item after the other, in the caller's thread.
class serial final : public backend {
 public:
  explicit serial(const backend_setup& setup)
      : workload_(setup.workload), runtime_(environment_of(setup)) {}

  void run(epoch& slice) override { serve_items(slice, workload_, runtime_); }
  backend_facts facts() const override { return {}; }

 private:
  const workload_instance& workload_;
  blocking_runtime runtime_;
};

const backend_registration serial_registered({
    .info = {.name = "serial",
             .summary = "one item after the other in one thread: the reference",
             .complexity = 1},
    .start = [](const backend_setup& setup) -> backend_or_unavailable {
      return std::make_unique<serial>(setup);
    },
});

}  // namespace
}  // namespace regatta
