// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "harness/race_metric.hpp"
#include "harness/statistics/race.hpp"

namespace regatta {

/// Who runs in which block of a workload, in which order, and when nobody needs to run any more.
/// Only decides: the epochs are measured elsewhere, and read from the cells after each block.
///
/// An approach that breaks a constraint is no rival. It runs in the first blocks all the same, so
/// that the report can show how it compares.
///
/// Thread safety: one thread.
class workload_race {
 public:
  /// `cells` are read as they grow and must stay where they are. Those that already ended, or break
  /// a constraint already known, are no rivals.
  workload_race(const run_plan& plan, bool open_loop, std::vector<const cell_result*> cells,
                std::uint64_t seed);

  /// Indices of the cells to run in the next block, in order. Up to six stand equally often in each
  /// position and behind each other one; more are shuffled. Empty: there is none left.
  std::vector<std::size_t> next_order();
  /// Takes the cells' epochs of the block, and notices who failed or breaks a constraint by now.
  void end_block();

  /// Why no more blocks are needed, as a clause for race_receipt::ended; nullopt while they are.
  std::optional<std::string> decision() const;
  /// The decision is about who is ahead: a winner or a tie set.
  bool settled() const;
  unsigned blocks() const { return blocks_; }
  /// Not excluded by a constraint.
  bool is_rival(std::size_t cell) const { return !excluded_[cell]; }
  std::optional<race::elimination> elimination_of(std::size_t cell) const;

 private:
  bool runs(std::size_t cell) const { return cells_[cell]->ended == outcome::ok; }
  std::vector<std::size_t> runners() const;

  const run_plan& plan_;
  const bool open_loop_;
  const std::vector<const cell_result*> cells_;
  std::vector<bool> excluded_;
  race race_;
  race_metric metric_ = race_metric::throughput;
  unsigned blocks_ = 0;
  std::mt19937_64 random_;
  std::vector<std::size_t> last_runners_;
  std::vector<std::vector<std::size_t>> orders_;  ///< still to be used, positions in last_runners_
};

}  // namespace regatta
