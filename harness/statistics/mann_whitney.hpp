// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

namespace regatta {

struct mann_whitney_result {
  double u = 0;  ///< pairs (x of a, y of b) with x > y; equal ones count half
  double z = 0;  ///< > 0: a is larger; corrected for ties and continuity
  double p = 1;  ///< two-sided, by the normal approximation: for 8 values a side or more
};

/// The Mann-Whitney U (Wilcoxon rank-sum) test that many benchmark tools use. Here it is only in
/// the calibration, to show what it does on a real machine: it takes all values for independent,
/// and successive epochs are not, so that more of them make it worse. No verdict rests on it.
/// nullopt for an empty side or a NaN. Source: Hollander, Wolfe and Chicken, 3rd ed., section 4.1.
std::optional<mann_whitney_result> mann_whitney(std::span<const double> a,
                                                std::span<const double> b);

}  // namespace regatta
