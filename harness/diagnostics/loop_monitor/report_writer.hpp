// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

#include "harness/diagnostics/loop_monitor/monitor_options.hpp"
#include "harness/diagnostics/task_tracker/report_limit.hpp"

namespace regatta::internal {

/// Decides which stretches are told, and to whom. Counts the others.
/// Thread safety: admit() and tell() by one thread each.
class report_writer {
 public:
  explicit report_writer(monitor_options options) : options_(std::move(options)) {}

  /// Whether another stretch may be told now; asked before its stack is taken, which is what costs.
  bool admit(std::chrono::nanoseconds now);
  /// To the handler, or to stderr. False: stderr has had a report of that function within a second.
  bool tell(block_report& report);
  std::uint64_t left_out() const { return left_out_.load(std::memory_order_relaxed); }

 private:
  const monitor_options options_;
  std::chrono::nanoseconds second_{};
  unsigned admitted_in_second_ = 0;
  std::atomic<std::uint64_t> left_out_{0};
  std::uint64_t left_out_before_ = 0;  ///< at the last report
  report_limit places_;
};

}  // namespace regatta::internal
