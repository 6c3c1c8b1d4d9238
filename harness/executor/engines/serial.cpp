// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/internal/engines.hpp"

namespace regatta::internal {
namespace {

class serial_engine final : public engine {
 public:
  void submit(std::shared_ptr<call> work) override { work->run(); }
};

}  // namespace

std::unique_ptr<engine> make_serial_engine(executor_core&, const executor_options&) {
  return std::make_unique<serial_engine>();
}

}  // namespace regatta::internal
