// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/environment.hpp"
#include "harness/machine_card.hpp"
#include "harness/statistics/sign_interval.hpp"

namespace regatta {

enum class check_status {
  ok,
  advice,   ///< measuring works, and would work better if this were otherwise
  problem,  ///< figures from this machine, as it is now, mislead
  unknown   ///< this machine does not say
};

/// One thing that decides how well can be measured here, as it was found.
struct doctor_check {
  std::string name;  ///< "CPU governor"
  check_status status = check_status::unknown;
  std::string seen;    ///< a clause with figures: "powersave on 8 of 8 CPUs"
  std::string remedy;  ///< a command or a sentence; empty where there is nothing to do
};

/// What comparing a piece of work with itself shows (an A/A run).
struct work_resolution {
  std::string name;  ///< "one thread computes"
  std::string kind;  ///< of the work it stands for: "CPU-bound work on one thread"
  std::optional<std::string> not_run;  ///< why not; then the rest says nothing
  double epoch = 0;                    ///< seconds, median
  std::size_t pairs = 0;
  double variation = 0;                 ///< standard deviation over mean of single epochs
  std::optional<double> lag1;           ///< autocorrelation of log times in run order
  std::optional<double> lag1_pairs;     ///< of the log ratios of pairs
  std::optional<ratio_estimate> ratio;  ///< A/A: its interval should hold 1
  /// The pairs refute that the same work takes the same time: no comparison on this machine can be
  /// trusted now.
  bool rejected = false;
  /// Smallest slowdown, as a fraction, that the gate's test finds with 80 % power in 50 pairs: with
  /// no margin, and with its usual one. nullopt for too few pairs.
  std::optional<double> detectable, detectable_beyond_margin;
};

struct doctor_result {
  environment where;
  std::optional<machine_card> card;
  std::vector<doctor_check> checks;
  std::vector<work_resolution> resolutions;  ///< empty if nothing was to be run
  double seconds = 0;
  bool interrupted = false;

  /// Nothing is a problem, and no A/A run was rejected.
  bool fit() const;
};

}  // namespace regatta
