// SPDX-License-Identifier: Apache-2.0
#include "harness/service/turns.hpp"

namespace regatta {

turns::turns(std::span<event_loop* const> loops, const run_environment& environment,
             std::size_t width, std::chrono::nanoseconds patience, shared_count& waiting)
    : patience_(patience), waiting_(waiting), gate_(width) {
  for (event_loop* const loop : loops) {
    runtimes_.push_back(std::make_unique<async_runtime>(*loop, environment, no_kernels_, helpers_));
  }
}

namespace {

async_task<bool> acquired(async_context::semaphore& gate, async_context& context) {
  co_await gate.acquire(context);
  co_return true;
}

}  // namespace

async_task<bool> turns::take(std::size_t loop) {
  const counted waiting(waiting_);
  async_context context(*runtimes_[loop]);
  const auto step = [this](async_context& scoped) { return acquired(gate_, scoped); };
  const auto got = co_await context.with_timeout(patience_, step);
  co_return got.has_value();
}

}  // namespace regatta
