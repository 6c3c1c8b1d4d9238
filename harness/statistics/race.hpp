// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "harness/statistics/margin_test.hpp"

namespace regatta {

struct race_rules {
  double confidence = 0.95;
  double practical_difference = 0.05;  ///< δ
};

enum class race_state {
  open,    ///< more blocks may change the answer
  winner,  ///< one arm is left: each other was dropped behind one that is ahead by more than δ
  tie  ///< those left are within δ of the leader, or nearer to δ than the resolution asked for
};

/// Pairwise elimination over blocks. An arm is dropped once another is ahead of it by more than δ;
/// the arms left tie once each is shown to be within δ of the leader. An arm that lies on δ itself
/// would never be decided: it counts as tied as soon as it is known to be within δ/2 of δ.
///
/// What is claimed, at `confidence` for all of it together, however often one looks and whenever
/// one stops: the arm that is truly best (none is ahead of it by more than δ) is among those left;
/// and if they tie, each is within δ (1.5 δ for one that lies on δ) of the leader. "Ahead" is about
/// the median ratio of costs in the same block. Half of the error goes to the first, corrected for
/// the best arm's K - 1 rivals; half to the second, corrected for all pairs, because any member of
/// a tie may be the one recommended. Not claimed: the order of those that were dropped.
///
/// Thread safety: none.
class race {
 public:
  race(std::size_t arms, race_rules rules);

  /// What each arm cost in one block, smaller is better, positive and finite; nullopt for an arm
  /// that did not run in it. What an arm that is out cost is not looked at.
  void add_block(std::span<const std::optional<double>> costs);
  /// The arm is out for another reason (it crashed, it breaks a constraint): it was never a rival.
  /// Whom it had eliminated
  /// is a contender again, unless one that is left is ahead as well. Before the first block it also
  /// leaves the correction; later the correction stays, for what was seen must not choose it.
  void withdraw(std::size_t arm);

  race_state state() const;
  /// Neither eliminated nor withdrawn. First the leader: ahead of the most others in most of the
  /// blocks both ran in; where that is equal, the one with the lower median cost.
  std::vector<std::size_t> contenders() const;
  struct elimination {
    std::size_t by = 0;     ///< the arm that is ahead
    std::size_t block = 0;  ///< 0-based, after which it was decided
    bool operator==(const elimination&) const = default;
  };
  std::optional<elimination> elimination_of(std::size_t arm) const;
  /// Cost of `arm` over that of `other` in the blocks both ran in, right at every look. The
  /// intervals of all pairs hold together at `confidence`. nullopt for too few blocks.
  std::optional<ratio_estimate> ratio(std::size_t arm, std::size_t other) const;
  std::size_t blocks() const { return blocks_; }
  std::size_t arm_runs() const { return arm_runs_; }  ///< epochs used

 private:
  struct entrant {
    std::vector<std::optional<double>> costs;  ///< by block
    std::optional<elimination> out;
    bool withdrawn = false;
    bool runs() const { return !out && !withdrawn; }
  };
  /// Cost of one arm over that of another, against the thresholds that matter.
  struct rivalry {
    explicit rivalry(double difference);
    void add(double cost, double other);
    std::size_t ahead = 0, behind = 0;  ///< blocks
    margin_test at, near, far;          ///< δ, δ/2, 3δ/2
  };
  rivalry& between(std::size_t low, std::size_t high);
  const rivalry& between(std::size_t low, std::size_t high) const;
  double e_behind(std::size_t arm, std::size_t other) const;
  bool is_ahead_in_most(std::size_t arm, std::size_t other) const;
  bool is_tied(std::size_t arm, std::size_t other) const;
  void eliminate();
  double elimination_threshold() const;
  double pair_threshold() const;

  race_rules rules_;
  std::size_t rivals_;  ///< arms that were there when the first block ran
  std::vector<entrant> arms_;
  std::vector<rivalry> rivalries_;  ///< of low < high: [0,1], [0,2], [1,2], [0,3] …
  std::size_t blocks_ = 0, arm_runs_ = 0;
};

/// Orders of `arms` in which each arm stands in each position, and directly before each other arm,
/// equally often (Williams 1949): `arms` rows for an even number, twice that for an odd one.
std::vector<std::vector<std::size_t>> williams_orders(std::size_t arms);

}  // namespace regatta
