// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "harness/diagnostics/loop_monitor/monitor_options.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/truth.hpp"

namespace regatta::corpus {

/// What a case gets: how its loop is to be watched, how long things take, and where to say what
/// its handlers did.
struct scene {
  std::chrono::nanoseconds threshold;
  monitor_options options;  ///< every report goes to the log
  truth_log& log;

  std::chrono::nanoseconds stall() const { return 3 * threshold; }
  /// Of a healthy handler: not near the threshold, and several in a row are above it.
  std::chrono::nanoseconds piece() const { return threshold * 3 / 10; }
  static constexpr int pieces = 5;
};

}  // namespace regatta::corpus
