// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/crossover/crossover_result.hpp"
#include "harness/runner/runner.hpp"

namespace regatta {

struct crossover_plan {
  /// One workload with the rivals, closed loop; its budget is that of the whole search, its
  /// confidence that of all answers together. The machine card is left out.
  run_plan base;
  std::string parameter;  ///< "in-flight", or one that the workload declares
  std::string meaning;    ///< with its unit
  crossover_axis axis;
  search_limits limits;
};

/// The plan's workload at one value of the parameter.
workload_plan with_parameter(workload_plan plan, const std::string& parameter, double value);

/// What a race says at one value. Throws std::runtime_error with a sentence when nothing could be
/// measured, or when a rival cannot run on this machine at all. Of rivals that fail, the others are
/// ahead: who gives right answers beats who gives none.
crossover_point point_from(double at, const workload_result& measured, const run_plan& plan);

/// Races the rivals at one value after the other, each time in fresh processes, until it is known
/// as finely as asked for where the winner flips, or the budget or the number of points ends it.
/// REQUIRES: as run().
crossover_result find_crossovers(const crossover_plan& plan, const run_hooks& hooks);

}  // namespace regatta
