// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "harness/contexts/async_runtime.hpp"
#include "harness/load/inline_compute.hpp"
#include "harness/service/service_counts.hpp"

namespace regatta {

/// The line before an engine: so many requests are inside at a time, the others wait here in order
/// of arrival, where one costs its body and a coroutine. Thread safety: take() on the thread of its
/// loop, give_back() on any.
class turns {
 public:
  turns(std::span<event_loop* const> loops, const run_environment& environment, std::size_t width,
        std::chrono::nanoseconds patience, shared_count& waiting);

  /// False if the turn did not come within the patience; else give_back() must be called once.
  async_task<bool> take(std::size_t loop);
  void give_back() { gate_.release(); }

  /// For whatever else is asked on that loop.
  async_runtime& runtime(std::size_t loop) { return *runtimes_[loop]; }

 private:
  const std::chrono::nanoseconds patience_;
  shared_count& waiting_;
  inline_compute no_kernels_;
  helper_threads helpers_{1};
  std::vector<std::unique_ptr<async_runtime>> runtimes_;
  async_context::semaphore gate_;
};

}  // namespace regatta
