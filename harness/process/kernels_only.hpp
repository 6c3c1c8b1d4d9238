// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

#include "harness/workload.hpp"

namespace regatta {

/// What a worker process has in place of a workload when it is there for kernels alone; in its
/// setup, the workload's name is empty.
class kernels_only final : public workload_instance {
 public:
  std::uint64_t distinct_items() const override { return 0; }
  bytes_view input(std::uint64_t) const override { return {}; }
  async_task<buffer> run(async_context&, item) const override { refuse(); }
  blocking_task<buffer> run(blocking_context&, item) const override { refuse(); }

 private:
  [[noreturn]] static void refuse() {
    throw std::logic_error("this worker process is there for kernels, not for items");
  }
};

}  // namespace regatta
