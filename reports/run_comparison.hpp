// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/recommendation.hpp"

namespace regatta {

// Reports of different hours, held against each other. What each says of its own approaches was
// measured side by side and compares; a figure of one against a figure of the other does not.

struct named_run {
  std::string name;  ///< of its file
  const run_result* run = nullptr;
  const std::vector<recommendation>* advice = nullptr;
};

/// Something that is not the same in all runs.
struct run_difference {
  std::string what;                 ///< "CPU model"
  std::vector<std::string> values;  ///< one for each run
  bool loud = false;                ///< by itself enough to move every figure
};

/// One approach in one run.
struct run_figure {
  std::string ended;             ///< "ok", another outcome, or "not raced"
  std::optional<double> median;  ///< of its epochs, in the metric's unit; nullopt unless ok
  /// The quartiles of its epochs: how much they vary within the run. nullopt for fewer than four.
  std::optional<double> lower, upper;
  std::optional<double> over_first;  ///< median / that of the first run
  /// Beyond δ, and by more than the epochs of either run vary. That a machine at another hour
  /// explains it is not excluded.
  bool moved = false;
};

struct compared_approach {
  std::string label;
  std::vector<run_figure> runs;
};

enum class agreement {
  same_winner,  ///< one approach wins in every run
  compatible,   ///< at least one approach is the winner or in the tie set of every run
  changed,      ///< what one run recommends, another one found to be behind
  open          ///< nothing can be said: too few runs recommend anything, or of the same approaches
};

struct compared_workload {
  std::string workload;
  std::string load;    ///< "closed loop, 8 in flight", of the first run
  std::string metric;  ///< as in recommendation; empty if the runs differ in it
  std::vector<run_difference> differences;
  /// The same items, load and metric: otherwise there are no ratios.
  bool same_work = true;
  std::vector<compared_approach> approaches;
  std::vector<std::string> said;  ///< by each run: "thread", "a tie of thread, tbb", "nothing" …
  agreement held = agreement::open;
  std::string conclusion;  ///< what follows for the recommendation: sentences
  std::string race;        ///< if it changed: the command that races all that was chosen; or empty
};

/// What would settle a question that reports cannot.
struct next_step {
  std::string purpose;  ///< "To know whether the code became slower"
  std::string command;  ///< with <BUILD OF …> for what only the user knows
};

struct run_comparison {
  std::vector<std::string> runs;            ///< names
  std::vector<run_difference> differences;  ///< of machine, moment, build and method
  std::vector<compared_workload> workloads;
  std::vector<std::string> conclusions;  ///< what can be said, and what cannot: sentences
  std::vector<next_step> next;
};

/// "A", "B" …: what tables and sentences call a run. REQUIRES: number < most_compared_runs.
std::string letter_of(std::size_t number);
constexpr std::size_t most_compared_runs = 26;

/// REQUIRES: two runs at least, each with one recommendation for each workload.
run_comparison compare_runs(std::span<const named_run> runs);

}  // namespace regatta
