// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/gate/gate_result.hpp"
#include "harness/statistics/margin_test.hpp"

namespace regatta {

/// The hidden pair: the baseline against a copy of itself, measured and judged like the candidate,
/// one benchmark after the other. If these two differ, then so may any two, whatever the code. It
/// looks for less than the margin, a fifth of it: a bias of that size can tip a verdict, a smaller
/// one hardly. Thread safety: one thread.
class self_check {
 public:
  /// `margin`: the smallest of the gate's.
  self_check(double margin, double alpha, unsigned max_pairs);

  /// False when it has found something, or has shown that equal things measure as equal.
  bool open() const;
  /// `pair.candidate` is the copy; `better` as of the metric.
  void add(const gate_pair& pair, gate_direction better);
  /// What it found, as a sentence.
  std::optional<std::string> finding() const;
  /// The margin of its rule is the one it looks for.
  gate_comparison finish() const;

 private:
  const double alpha_;
  const std::size_t max_pairs_;
  margin_test bias_;    ///< is there one
  margin_test within_;  ///< are they equal as far as the gate is concerned
  gate_comparison comparison_;
  std::vector<double> numerators_, denominators_;
};

}  // namespace regatta
