// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/load/loop_backend.hpp"

namespace regatta {

/// Kernels on the loop itself: nothing else moves meanwhile.
class inline_compute final : public reporting_engine {
 public:
  async_task<buffer> compute(event_loop&, bytes_view dataset, kernel work,
                             bytes_view input) override {
    co_return work(dataset, input);
  }
  void add_facts(backend_facts&) const override {}
};

}  // namespace regatta
