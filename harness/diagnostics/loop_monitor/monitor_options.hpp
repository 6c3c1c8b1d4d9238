// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "harness/diagnostics/loop_monitor/block_report.hpp"

namespace regatta {

/// How a loop_monitor watches and what it says.
struct monitor_options {
  std::string name = "event loop";  ///< of the loop, in reports
  /// A handler that runs longer is a blocked stretch; 1 ms or more, else std::invalid_argument.
  /// REGATTA_DEBUG=slow=50ms decides in place of it.
  std::chrono::nanoseconds threshold = std::chrono::milliseconds(100);
  /// Gets every report instead of stderr.
  block_report_handler on_report{};
  /// Stretches of this loop told in a second, the others are counted; 0: all. stderr besides has
  /// one a second of the same function, and 20 in all.
  unsigned most_reports_a_second = 20;
  /// Also for stderr: a line of JSON a report instead of a block of text. REGATTA_DEBUG=json too.
  bool json = false;
};

}  // namespace regatta
