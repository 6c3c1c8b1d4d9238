// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/harness/diagnostics/loop_monitor/corpus/truth.hpp"

namespace regatta::corpus {

/// What was true in one run of a case, and what was said.
struct case_result {
  std::string name;
  std::size_t stretches = 0;  ///< by the label
  std::chrono::nanoseconds threshold{};
  std::vector<episode> episodes;
  std::vector<arrival> arrivals;
  /// The monitor's threads for a CPU, in all of it: on a busy machine its answers are no better.
  std::chrono::nanoseconds monitor_waited{};
};

/// A handler that is blocked for less than this above the threshold may be reported or not.
inline constexpr std::chrono::milliseconds tolerance{5};

enum class flaw {
  missed,          ///< blocked, and nothing was said
  false_alarm,     ///< said, and nothing was blocked; a second stretch of one handler, too
  wrong_function,  ///< all the others: said, but not right
  wrong_cause,
  wrong_duration,  ///< the final one differs from the truth by more than the tolerance and 10 %
  wrong_shares,    ///< their sum differs from the duration by more than 1 %
  not_staged,      ///< the machine made something else of the case than the label says
};

const char* to_string(flaw kind);

struct finding {
  flaw kind;
  std::string what;  ///< a sentence

  bool operator==(const finding&) const = default;
};

/// What can be said of one case or, added up, of many.
struct score {
  std::size_t cases = 0;
  std::size_t blocked = 0;       ///< handlers above the threshold and the tolerance
  std::size_t found = 0;         ///< of those, reported
  std::size_t stretches = 0;     ///< reported
  std::size_t false_alarms = 0;  ///< of those
  std::size_t right_function = 0, right_cause = 0;  ///< of `found`
  std::size_t not_staged = 0;
  std::vector<double> delays;         ///< ms from the threshold to the report, of `found`
  std::vector<double> delays_on_cpu;  ///< … without what the monitor waited for a CPU
  std::vector<finding> findings;

  void add(const score& other);
  double precision() const;  ///< of the reported stretches, the true ones; 1 for none
  double recall() const;     ///< of the blocked handlers, the reported ones; 1 for none
  double function_share() const;
  double cause_share() const;
};

/// A report belongs to the handler of its thread that ran when it came, or that had ended not
/// longer before than the tolerance and what the monitor waited for a CPU.
score score_of(const case_result& result);

}  // namespace regatta::corpus
