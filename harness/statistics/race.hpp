// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/statistics/margin_test.hpp"

namespace regatta {

struct race_rules {
  double confidence = 0.95;
  double practical_difference = 0.05;  ///< δ
};

enum class race_state {
  open,    ///< more blocks may change the answer
  winner,  ///< every other arm is behind the leader by more than δ
  tie  ///< those left are within δ of the leader, or nearer to δ than the resolution asked for
};

/// Pairwise elimination over blocks. An arm is dropped once another is ahead of it by more than δ;
/// the arms left tie once each is shown to be within δ of the leader. With probability `confidence`
/// the arm that is truly best is among those left, however often one looks and whenever one stops:
/// evidence comes from margin_test, corrected for the number of rivals (union bound).
/// An arm that lies on δ itself would never be decided: it counts as tied as soon as its interval
/// is known to within δ/2 either way.
class race {
 public:
  race(std::size_t arms, race_rules rules);

  /// What each arm cost in one block, smaller is better, positive and finite; nullopt for an arm
  /// that did not run in it.
  void add_block(std::span<const std::optional<double>> costs);
  /// The arm is out for another reason (it crashed, it breaks a constraint): it was never a rival.
  void withdraw(std::size_t arm);

  race_state state() const;
  /// Neither eliminated nor withdrawn; the one with the lowest median cost first.
  std::vector<std::size_t> contenders() const;
  struct elimination {
    std::size_t by = 0;     ///< the arm that is ahead
    std::size_t block = 0;  ///< 0-based, after which it was decided
  };
  std::optional<elimination> elimination_of(std::size_t arm) const;
  /// Cost of `arm` over that of `other` in the blocks both ran in, at the race's corrected level.
  std::optional<ratio_estimate> ratio(std::size_t arm, std::size_t other) const;
  std::size_t blocks() const;
  std::size_t arm_runs() const;  ///< epochs used

 private:
  struct arm;
  // …
};

/// Orders of `arms` in which each arm stands in each position, and before each other arm, equally
/// often (Williams 1949): arms rows for an even number, twice that for an odd one.
std::vector<std::vector<std::size_t>> williams_orders(std::size_t arms);

}  // namespace regatta
