// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace regatta {

struct detection {
  std::size_t pairs = 50;  ///< at most; it stops as soon as it has found something
  double margin = 0.05;
  double level = 0.025;  ///< one-sided: found when e_greater() reaches 1/level
  double power = 0.8;
};

/// The smallest slowdown, as a fraction, that margin_test would have found with that power under
/// the noise of these ratios (any order; their own median is taken out): 0.08 is 8 %. Exact for
/// independent pairs, for whether the sign test finds it depends on the noise only by the share of
/// pairs that lie above the margin. nullopt when that many pairs cannot find anything, for fewer
/// than 6 ratios, or when one is not positive and finite.
std::optional<double> detectable_effect(std::span<const double> ratios, detection how);

/// How likely margin_test is to find something within so many pairs if each lies above the margin
/// with probability `share`, independently.
double sign_test_power(double share, std::size_t pairs, double level);

}  // namespace regatta
