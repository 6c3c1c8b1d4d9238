// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <vector>

#include "harness/diagnostics/loop_monitor/block_report.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/fault.hpp"

namespace regatta::corpus {

using steady_time = std::chrono::steady_clock::time_point;

/// What one handler really did, by its own clock.
struct episode {
  label expected;
  pid_t thread = 0;
  steady_time begin, end;
  std::chrono::nanoseconds waited_before{};          ///< of the thread for a CPU, until the begin
  std::chrono::nanoseconds waited{};                 ///< … from there to the end
  std::chrono::nanoseconds monitor_waited_before{};  ///< the monitor's threads for a CPU

  /// Without what the machine's other load took.
  std::chrono::nanoseconds blocked() const { return end - begin - waited; }
};

/// A report, and when it came.
struct arrival {
  block_report report;
  steady_time when;
  std::chrono::nanoseconds waited{};          ///< of the report's thread for a CPU, until now
  std::chrono::nanoseconds monitor_waited{};  ///< the monitor's threads for a CPU, until now
};

/// What the handlers of one case did and what was reported meanwhile.
/// Thread safety: any thread.
class truth_log {
 public:
  /// Runs `work` and records it as a handler that does what the label says. Called first thing in
  /// a handler, and returned from at its end.
  void record(const label& expected, const std::function<void()>& work);
  void record(const arrival& report);

  std::vector<episode> episodes() const;
  std::vector<arrival> arrivals() const;
  /// How long the monitor's threads waited for a CPU, as far as that was looked at.
  std::chrono::nanoseconds monitor_waited() const;

 private:
  mutable std::mutex mutex_;
  std::vector<episode> episodes_;
  std::vector<arrival> arrivals_;
  std::chrono::nanoseconds monitor_waited_{};
};

}  // namespace regatta::corpus
