// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/gate/gate_result.hpp"

namespace regatta {

/// What a gate is asked to do, whatever its subjects are.
struct gate_settings {
  /// Probability that any benchmark is called regressed or improved although none differs by more
  /// than its margin; half of it for either.
  double alpha = 0.05;
  /// Of screening, and again of the confirmation.
  unsigned max_pairs = 60;
  /// For everything; nullopt: a minute, or as long as 30 pairs of each take, but ten minutes at
  /// most.
  std::optional<std::chrono::milliseconds> budget;
  std::uint64_t seed = 1;
  std::string filter;                ///< regular expression over names; "-…" keeps the others
  std::vector<std::string> metrics;  ///< of every benchmark; empty: as the rules say
  gate_rule defaults;                ///< where no rule applies
  std::vector<gate_rule> rules;
};

}  // namespace regatta
