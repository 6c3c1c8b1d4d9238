// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/run_result.hpp"
#include "harness/statistics/sign_interval.hpp"

namespace regatta {

enum class verdict {
  winner,   ///< one approach is ahead of every other by more than δ
  tie,      ///< several cannot be told apart by more than δ
  too_few,  ///< not enough blocks for the confidence asked
  nothing   ///< no approach gave right answers
};

/// One approach held against the leader.
struct standing {
  std::string label;
  double value = 0;  ///< median over blocks, in the metric's unit
  std::optional<ratio_estimate>
      behind;            ///< leader / this one; nullopt for the leader, or too few blocks
  bool tied = false;     ///< in the tie set
  std::string excluded;  ///< the constraint it does not keep, as a clause with its figure; or empty
};

/// What to use for one workload, how sure that is, and why. Sentences cite measured numbers.
struct recommendation {
  std::string workload;
  verdict outcome = verdict::nothing;
  std::string metric;  ///< "throughput", "p99 latency", "median latency", "CPU per item", "memory"
  bool settled =
      false;  ///< decided before the budget ended; a tie that is not may still have a winner
  std::vector<standing> standings;  ///< best first
  std::vector<std::string> choice;  ///< the winner, or the tie set, the preferred one first
  std::string tie_break;            ///< what put the preferred one first, if it is a tie
  std::optional<std::string> runner_up;
  std::optional<ratio_estimate> lead;  ///< winner / runner-up
  double confidence = 0.95;
  double practical_difference = 0.05;
  std::vector<std::string> because;
  std::vector<std::string> unless;   ///< what would change it
  std::vector<std::string> caveats;  ///< what weakens it, and what was not varied
};

/// From the epochs alone, so that a stored report gives the same again. After a race each interval
/// is valid however often one looked at it, for those who stop when they like; of fixed sampling it
/// is the sign interval of as many blocks as there are. Either at 1 - (1 - confidence) / (rivals -
/// 1), as in multiple comparisons with the best (Hsu 1981).
recommendation recommend(const workload_result& measured, const run_result& run);

}  // namespace regatta
