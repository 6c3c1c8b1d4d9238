// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/environment.hpp"
#include "harness/statistics/sign_interval.hpp"

namespace regatta {

/// What the interpreter-lock models cost one kind of work, on the `thread` backend. Ratios are of
/// epochs that ran side by side.
struct lock_impact_row {
  std::string kind;  ///< "LLM calls"
  std::string workload;
  std::map<std::string, double> parameters;
  std::optional<double> unlocked;             ///< items per second with no lock, median
  std::optional<ratio_estimate> gil;          ///< throughput with no lock over that under the lock
  std::optional<ratio_estimate> gil_latency;  ///< median latency under the lock over that without
  std::optional<ratio_estimate> free_threaded;  ///< as gil
  std::string missing;                          ///< why there is no figure, a sentence
};

struct lock_impact_result {
  environment where;
  double confidence = 0.95;  ///< of each interval
  std::vector<lock_impact_row> rows = {};
  double seconds = 0;
  bool interrupted = false;
};

/// The model's prediction against a real interpreter: throughput of threads over that of processes.
struct lock_check_row {
  std::string kind;
  std::string workload;
  std::map<std::string, double> parameters;
  double tolerance = 0;                       ///< 0.25: within 25 %
  std::optional<ratio_estimate> model, twin;  ///< thread over process
  std::string missing;

  /// How far the prediction is off: 0.1 is 10 % too high. nullopt: not measured.
  std::optional<double> off() const {
    if (!model || !twin) return std::nullopt;
    return model->ratio / twin->ratio - 1;
  }
  bool holds() const {
    const auto by = off();
    return by && *by <= tolerance && *by >= -tolerance;
  }
};

struct lock_check_result {
  environment where;
  double confidence = 0.95;
  std::string runtime = {};  ///< "CPython 3.11.7, with its lock"
  std::vector<lock_check_row> rows = {};
  double seconds = 0;
  bool interrupted = false;
};

}  // namespace regatta
