// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "harness/statistics/race.hpp"
#include "tools/bench/calibration/gate_trials.hpp"

namespace regatta::calibration {

struct race_settings {
  std::size_t races = 400;   ///< over all ratios and workloads
  std::size_t blocks = 120;  ///< at most
  std::size_t slices = 5;    ///< to an epoch, whose time is their median
  double slice = 250e-6;     ///< seconds of undisturbed work of the fastest
  double seconds = 150;      ///< no race is begun after that
  race_rules rules;
};

/// Five arms that do the same work, so many times as much of it.
using true_ratios = std::array<double, 5>;
inline constexpr std::array<true_ratios, 4> raced_ratios{
    {{1, 1.2, 1.5, 2, 3}, {1, 1.05, 1.3, 1.3, 1.5}, {1, 1.02, 1.1, 1.5, 2}, {1, 1, 1, 1, 1}}};

struct race_trial {
  std::size_t ratios = 0;  ///< index into raced_ratios
  std::size_t work = 0;
  race_state state = race_state::open;
  double chosen = 1;       ///< true ratio of the leader
  bool lost_best = false;  ///< the arm with the ratio 1 was eliminated (of equals: a given one)
  bool kept_both = false;  ///< the two fastest are among those left
  std::size_t blocks = 0;
  std::size_t epochs = 0;
};

/// Sizes at which fixed sampling is looked at, epochs per arm.
inline constexpr std::array<std::size_t, 4> fixed_sizes{5, 10, 20, 60};

/// Fixed sampling as it is commonly done: one arm after the other, so many epochs each, and the
/// lowest median wins.
struct fixed_trial {
  std::size_t ratios = 0, work = 0;
  std::array<double, fixed_sizes.size()> chosen{};  ///< true ratio, by size
};

struct race_trials {
  std::vector<race_trial> races;
  std::vector<fixed_trial> fixed;  ///< beside every third race of arms that differ
};

race_trials run_race_trials(all_work& works, const race_settings& settings, std::mt19937_64& random,
                            const progress& tell);

}  // namespace regatta::calibration
