// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/harness/diagnostics/loop_monitor/corpus/shapes.hpp"

namespace regatta::corpus {

/// One program run with a known answer.
struct test_case {
  std::string name;  ///< "fsync/strand", "fsync/strand/healthy", "special/first_handler"
  std::size_t stretches =
      0;  ///< the handlers in it that block a loop for longer than the threshold
  /// Runs a monitored loop and returns when it has ended. What the label says is recorded with what
  /// really happened: a healthy handler on a disk that hangs is none.
  std::function<void(const scene&)> run;
  /// Part of the set that every change must pass; the others are for the score.
  bool ordinary = true;
};

/// For GoogleTest, which prints bytes otherwise.
inline void PrintTo(const test_case& one, std::ostream* to) { *to << one.name; }

/// Every fault in every shape, each with its healthy twin, and then the special ones.
std::vector<test_case> all_cases();

/// Loops that are blocked in an unusual way.
std::vector<test_case> special_stalls();
/// Loops that look blocked and are not.
std::vector<test_case> special_healthy();

/// A handler that runs `which` for `time`, and records it.
handler handler_of(fault which, std::chrono::nanoseconds time, truth_log& log);

}  // namespace regatta::corpus
