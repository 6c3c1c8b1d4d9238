// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/diagnostics/loop_monitor/block_report.hpp"
#include "harness/diagnostics/loop_monitor/loop_health.hpp"
#include "harness/finding.hpp"

namespace regatta {

/// Adds up what the monitors of a cell's event loops notice in its measured epochs: numbers from
/// their books, which have every stretch; causes and places from the few of which they report.
/// Thread safety: all members from any thread.
class blocked_stretches {
 public:
  explicit blocked_stretches(std::chrono::nanoseconds threshold) : threshold_(threshold) {}

  std::chrono::nanoseconds threshold() const { return threshold_; }

  /// A loop begins to be watched. Answers a number for noticed(): two monitors may number their
  /// stretches alike.
  unsigned begin_watch();
  /// A stretch has several reports; the last one knows most.
  void noticed(unsigned watch, const block_report& report);
  /// What came between two looks into a monitor's books.
  void add(const loop_health& before, const loop_health& after);

  /// Returns when there is a report of what was blocked, if anything was, or after `limit`: names
  /// take the monitor's own thread a while, the first ones a tenth of a second. Waits only once.
  void await_report(std::chrono::milliseconds limit);
  /// Empty if nothing was blocked, nullopt if nobody has looked. `items` were answered meanwhile.
  std::optional<std::vector<finding>> findings(std::uint64_t items) const;

 private:
  struct culprit {
    std::string cause, function, place;
    bool operator<(const culprit& other) const {
      return std::tie(cause, function, place) < std::tie(other.cause, other.function, other.place);
    }
  };
  std::pair<culprit, std::uint64_t> most_frequent() const;

  const std::chrono::nanoseconds threshold_;
  mutable std::mutex mutex_;
  std::condition_variable reported_;
  // All below: under the mutex.
  std::chrono::nanoseconds in_force_{0};  ///< by the reports: REGATTA_DEBUG may set another one
  bool awaited_ = false;
  unsigned watches_ = 0;
  std::uint64_t stretches_ = 0;
  std::chrono::nanoseconds blocked_{0};
  std::chrono::nanoseconds longest_{0};
  std::map<std::pair<unsigned, std::uint64_t>, culprit> culprits_;  ///< by watch and stretch
};

}  // namespace regatta
