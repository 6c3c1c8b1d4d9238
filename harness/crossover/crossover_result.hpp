// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/crossover/crossover_search.hpp"
#include "harness/environment.hpp"
#include "harness/race_metric.hpp"
#include "harness/run_plan.hpp"
#include "harness/statistics/sign_interval.hpp"

namespace regatta {

/// What was measured at one value of the parameter. Rivals are numbered as in the plan.
struct crossover_point {
  double at = 0;
  leader ahead;  ///< who is ahead of all others by more than δ
  /// Decided before the time for this point was used up: without a leader, those left tie.
  bool settled = false;
  race_metric by = race_metric::throughput;
  std::vector<std::optional<double>> values;  ///< medians in the metric's unit; nullopt: no answers
  std::size_t best = 0, second = 0;           ///< by median
  std::optional<ratio_estimate> lead;         ///< by how many times the best is ahead of the second
  unsigned blocks = 0;
  double seconds = 0;              ///< all in
  double measuring_seconds = 0;    ///< of these, in epochs; the rest is data, reference, processes
  std::vector<std::string> notes;  ///< who failed here, and why
};

struct crossover_result {
  workload_plan plan;     ///< what was held while the parameter varied
  std::string parameter;  ///< "in-flight", or one of the workload's own
  std::string meaning;    ///< "items in flight", "bytes of text in an item"
  crossover_axis axis;
  search_limits limits;
  double confidence = 0.95;  ///< that every leader named at any point is one, all points together
  double practical_difference = 0.05;
  environment where;
  std::vector<crossover_point> points;  ///< by value, ascending
  std::vector<crossover_zone> zones;
  std::vector<crossover> crossovers;
  std::string ended;  ///< why no further point was tried, as a clause
  double seconds = 0, budget = 0;
  bool interrupted = false;
  std::optional<std::string> failure;  ///< what kept it from going on, as a sentence
};

}  // namespace regatta
