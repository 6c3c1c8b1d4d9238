// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/diagnostics/loop_monitor/corpus/never_returning.hpp"

#include <utility>

namespace regatta::corpus {

using steady_clock = std::chrono::steady_clock;

block_report_handler release::on_report(block_report_handler tell) {
  return [this, tell = std::move(tell)](const block_report& report) {
    tell(report);
    const std::lock_guard lock(mutex_);
    is_given_.store(true, std::memory_order_release);  // with the spinning one's loads
    changed_.notify_all();
  };
}

[[gnu::noinline]] void stall_until_released(release& wanted) {
  std::unique_lock lock(wanted.mutex_);
  wanted.changed_.wait_for(lock, release::patience, [&] { return wanted.is_given_.load(); });
  wanted.changed_.wait_for(lock, release::rest, [] { return false; });
}

[[gnu::noinline]] void stall_spinning_until_released(release& wanted) {
  const auto give_up = steady_clock::now() + release::patience;
  while (!wanted.is_given_.load(std::memory_order_acquire) && steady_clock::now() < give_up) {
  }
  const auto end = steady_clock::now() + release::rest;
  while (steady_clock::now() < end) {
  }
}

}  // namespace regatta::corpus
