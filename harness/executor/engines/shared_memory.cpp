// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/internal/engines.hpp"
#include "harness/executor/internal/process_options.hpp"
#include "harness/executor/internal/ring_dispatcher.hpp"

namespace regatta::internal {
namespace {

class shared_memory_engine final : public engine {
 public:
  shared_memory_engine(const executor_core& core, const process_options& options)
      : dispatcher_(core, options) {}
  void submit(std::shared_ptr<call> work) override { dispatcher_.push(std::move(work)); }

 private:
  ring_dispatcher dispatcher_;
};

}  // namespace

std::unique_ptr<engine> make_shared_memory_engine(executor_core& core,
                                                  const executor_options& options) {
  return std::make_unique<shared_memory_engine>(core, checked(options));
}

}  // namespace regatta::internal
