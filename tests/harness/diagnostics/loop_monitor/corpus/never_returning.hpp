// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "harness/diagnostics/loop_monitor/block_report.hpp"

namespace regatta::corpus {

/// What lets a handler go that, for all one can see from outside, never returns: the report of it.
/// It gives up after two seconds, so that a monitor that says nothing fails and does not hang.
/// Thread safety: any thread.
class release {
 public:
  /// Tells and lets go.
  block_report_handler on_report(block_report_handler tell);

  friend void stall_until_released(release& wanted);
  friend void stall_spinning_until_released(release& wanted);

 private:
  static constexpr std::chrono::seconds patience{2};
  /// Goes on for that long afterwards, so that it is blocked beyond all doubt.
  static constexpr std::chrono::milliseconds rest{15};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> is_given_ = false;
};

void stall_until_released(release& wanted);
void stall_spinning_until_released(release& wanted);

}  // namespace regatta::corpus
