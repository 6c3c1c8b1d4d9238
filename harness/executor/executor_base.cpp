// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/executor_base.hpp"

#include <utility>

#include "harness/executor/internal/engine.hpp"

namespace regatta {

executor_base::executor_base(const executor_info& info,
                             std::shared_ptr<internal::executor_core> core,
                             std::unique_ptr<internal::engine> engine)
    : info_(&info), core_(std::move(core)), engine_(std::move(engine)) {}

executor_base::executor_base(executor_base&&) noexcept = default;

executor_base::~executor_base() {
  if (engine_ != nullptr) shutdown();
}

void executor_base::shutdown(bool wait, bool cancel_pending) {
  core_->shut_down();
  if (cancel_pending) core_->cancel_pending();
  if (wait) core_->wait_until_all_finished();
}

void executor_base::enqueue(std::shared_ptr<internal::call> work) {
  core_->add(*work);
  try {
    engine_->submit(work);
  } catch (...) {
    core_->take_back(*work);
    throw;
  }
}

}  // namespace regatta
