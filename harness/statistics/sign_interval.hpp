// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace regatta {

struct ratio_estimate {
  double ratio = 1;  ///< median
  double lower = 1, upper = 1;
  double confidence = 0;  ///< attained; at least what was asked
  std::size_t pairs = 0;
  std::size_t ties = 0;  ///< pairs that are exactly equal; they stay in, which is conservative
  bool operator==(const ratio_estimate&) const = default;
};

/// How much slower is A than B, from pairs that ran side by side: the median of the log ratios
/// numerator/denominator with the interval that inverts the exact sign test. Nothing is assumed of
/// the noise but that the pairs are independent: no normality, no symmetry, no finite variance.
/// (The mean-based intervals call a neighbour's burst a regression; see design.md, section 4.)
///
/// nullopt when there are too few pairs for the confidence (95 % needs 6, 99 % needs 8), when the
/// lengths differ, or when a value is not positive and finite: such a pair has no ratio, and to
/// drop it silently would be to choose the data. Source: Hollander, Wolfe and Chicken,
/// Nonparametric Statistical Methods, 3rd ed., section 3.6.
std::optional<ratio_estimate> ratio_interval(std::span<const double> numerators,
                                             std::span<const double> denominators,
                                             double confidence);

}  // namespace regatta
