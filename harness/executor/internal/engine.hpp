// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "harness/executor/internal/call.hpp"

namespace regatta::internal {

/// What makes one executor different from another: where its calls run.
class engine {
 public:
  /// REQUIRES: every submitted call has finished.
  virtual ~engine() = default;
  /// Takes the call up when there is room: begin(), then to its end. Any thread, also one of its
  /// own. If it throws, it has not taken the call.
  virtual void submit(std::shared_ptr<call> work) = 0;
};

}  // namespace regatta::internal
