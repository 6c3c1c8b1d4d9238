// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/interpreter/interpreter.hpp"
#include "harness/load/loop_backend.hpp"

namespace regatta {

/// Kernels on the loop itself: nothing else moves meanwhile.
class inline_compute final : public reporting_engine {
 public:
  async_task<buffer> compute(event_loop&, bytes_view dataset, kernel_call work,
                             bytes_view input) override {
    co_return interpreter::run_kernel(work, dataset, input);
  }
  void add_facts(backend_facts&) const override {}
};

}  // namespace regatta
