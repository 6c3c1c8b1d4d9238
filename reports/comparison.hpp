// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/race_metric.hpp"
#include "harness/statistics/sign_interval.hpp"

namespace regatta {

/// One approach that gave right answers.
struct contestant {
  const cell_result* cell = nullptr;
  std::map<unsigned, double> costs;      ///< by block
  double value = 0;                      ///< median of the metric's own figure
  std::optional<ratio_estimate> behind;  ///< its cost / the leader's; nullopt: it leads, or too few
  bool left = false;                     ///< nobody is known to be ahead of it by more than δ
  std::string excluded;                  ///< the constraint it does not keep, as a clause; or empty
};

/// A workload's approaches held against each other.
struct comparison {
  race_metric by = race_metric::throughput;
  std::vector<contestant> contestants;  ///< those left, the leader first; the beaten; the excluded
  bool settled = false;                 ///< more blocks would not change who is left
};

/// From the epochs alone: a race is run again over them, so that it ends as it did when they were
/// measured. Without a race, every approach is compared with the one whose median is best, in the
/// fixed number of blocks there are.
comparison compare(const workload_result& measured, const run_plan& plan);

}  // namespace regatta
