// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <vector>

#include "tools/bench/calibration/timed_work.hpp"

namespace regatta::calibration {

using progress = std::function<void(std::size_t done, std::size_t of)>;

struct gate_settings {
  std::size_t identical = 400;  ///< gate runs of the same work against itself, over all workloads
  std::size_t slowed = 200;     ///< gate runs of each slowdown
  std::size_t pairs = 50;       ///< at most
  std::size_t quads = 4;        ///< ABBA quads of slices to a pair
  double slice = 250e-6;        ///< seconds of undisturbed work
  double level = 0.025;         ///< one-sided
  double seconds = 300;         ///< no run is begun after that
};

/// One gate run on fresh pairs, looked at after each of them.
struct gate_trial {
  std::size_t work = 0;  ///< index
  double factor = 1;     ///< work of the candidate over that of the baseline: real, more of it
  double at = 0;         ///< seconds since the calibration began
  std::size_t pairs = 0;
  double ratio = 1;  ///< median
  /// Pairs after which "regressed" was said, at a margin of 0 and of 5 %; nullopt: never.
  std::optional<std::size_t> found_at_0, found_at_5;
  /// Of identical work: seconds per unit of successive epochs (two to a pair), in run order.
  std::vector<double> epochs;
};

/// In random order over workloads and factors, so that all see the same weather. Runs of identical
/// work go on to the last pair; the others stop when the regression beyond 5 % is found. Where the
/// time does not suffice, fewer of each.
std::vector<gate_trial> run_gate_trials(all_work& works, const gate_settings& settings,
                                        std::mt19937_64& random, const progress& tell);

/// Ratio of two kinds of work, from slices in randomised ABBA or BAAB order: the median over the
/// adjacent ones. Slices are shorter than a scheduler's time slice, so that most of them are not
/// disturbed at all, and what lasts longer disturbs both of a pair.
double paired_ratio(timed_work& work, std::uint64_t baseline, std::uint64_t candidate,
                    std::size_t quads, std::mt19937_64& random, std::vector<double>* slices);

/// What is said of the same identical work by designs that do not interleave.
struct common_design {
  std::size_t trials = 0;
  std::size_t mann_whitney = 0;  ///< "slower" with p < 5 % two-sided: 2.5 % is what it promises
  std::size_t median = 0;        ///< median more than 5 % larger
};
/// The first half of a run's epochs as A…A, the second as B…B.
common_design judge_blocked(const std::vector<const gate_trial*>& trials);
/// The first half of a run's epochs against that of a run of the same workload half a calibration
/// earlier; `age` is the median distance in seconds.
common_design judge_stored(const std::vector<const gate_trial*>& trials, double& age);

}  // namespace regatta::calibration
