// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "harness/gate/gate_result.hpp"

namespace regatta {

struct gate_metric {
  std::string name;
  std::string unit;
  gate_direction better = gate_direction::smaller;
};

/// What one epoch of one side showed, by metric, in the metric's unit.
struct gate_epoch {
  std::map<std::string, double> values;
  std::string note;  ///< why a metric is not among the values, if there is more to say than that
};

/// By metric the median of those that have it.
gate_epoch median_of(const std::vector<gate_epoch>& epochs);

/// It crashed, hung or did not report. `why` continues a sentence that begins with the side:
/// "was killed by SIGSEGV".
struct gate_failure {
  std::string why;
};

/// One side of a gate: a thing with named benchmarks that can be measured again and again.
/// Members may throw interrupted_run. Thread safety: one thread.
class gate_subject {
 public:
  virtual ~gate_subject() = default;

  virtual gate_subject_info info() const = 0;
  /// What it can measure. Throws std::runtime_error with a sentence when it cannot be asked.
  virtual std::vector<std::string> names() = 0;
  /// Those that every one of its benchmarks reports, the one it is judged by first. A benchmark may
  /// report more.
  virtual std::vector<gate_metric> metrics() const = 0;
  /// One epoch. Those of one name with the same `launch` may share a process; after another launch
  /// was asked for, an earlier one never is.
  virtual std::variant<gate_epoch, gate_failure> measure(const std::string& name,
                                                         unsigned launch) = 0;
  /// Processes that are dear to start serve several epochs. What a launch has by luck, its epochs
  /// share: they make one pair together.
  virtual unsigned epochs_per_launch() const { return 1; }
};

}  // namespace regatta
