// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "harness/statistics/sign_interval.hpp"

namespace regatta {

/// The e-value of `above` of `pairs` lying above a threshold, against the hypothesis that each does
/// so with probability at most 1/2, whatever went before. Over a growing number of pairs it is a
/// test martingale: with probability 1 - α it never reaches 1/α, however often one looks. Never
/// more than 1e300, so that it is a number in JSON too. Source: the likelihood ratio mixed over a
/// prior, Robbins 1970, Ann. Math. Statist. 41(5); Ville's inequality; Ramdas et al. 2023.
double sign_e_value(std::size_t above, std::size_t pairs);

/// The fewest of `pairs` that must lie above for sign_e_value() to reach `e_value` (more than 1).
/// nullopt: not even all of them do.
std::optional<std::size_t> fewest_above(std::size_t pairs, double e_value);

/// ratio_interval() for those who look after every pair and stop when they like: wider, and right
/// at every look. `confidence` of the answer is the one asked for. nullopt as there; 95 % needs 8
/// pairs.
std::optional<ratio_estimate> anytime_ratio_interval(std::span<const double> numerators,
                                                     std::span<const double> denominators,
                                                     double confidence);

/// Sequential evidence on the median ratio of paired measurements against a margin. Each e_…() is
/// the largest e-value seen so far against the hypothesis named; 1/e is a p-value valid at every
/// look (Ville). A pair that lies exactly on a threshold speaks for neither side.
class margin_test {
 public:
  /// `margin` 0.05: ratios within [1/1.05, 1.05] do not matter.
  explicit margin_test(double margin);

  /// Both positive and finite, or the pair is not taken and false is answered.
  bool add(double numerator, double denominator);

  double e_greater() const { return greater_.largest; }  ///< against ratio ≤ 1 + margin
  double e_less() const { return less_.largest; }        ///< against ratio ≥ 1 / (1 + margin)
  double e_not_greater() const { return not_greater_.largest; }  ///< against ratio ≥ 1 + margin
  double e_not_less() const { return not_less_.largest; }  ///< against ratio ≤ 1 / (1 + margin)
  /// Against "outside of the margin": that is on one side or on the other, and the weaker of the
  /// two refutations is the evidence against both.
  double e_equivalent() const;
  std::size_t pairs() const { return pairs_; }
  std::size_t ties() const { return ties_; }  ///< pairs exactly equal

 private:
  struct side {
    std::size_t above = 0;
    double largest = 1;
    void count(bool is_above, std::size_t pairs);
  };
  double factor_;  ///< 1 + margin
  std::size_t pairs_ = 0, ties_ = 0;
  side greater_, less_, not_greater_, not_less_;
};

}  // namespace regatta
