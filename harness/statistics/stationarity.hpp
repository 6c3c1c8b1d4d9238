// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

namespace regatta {

struct trend {
  double tau = 0;     ///< Kendall's: of all pairs in time, share that rises less share that falls
  double p = 1;       ///< two-sided, against "no trend"
  double change = 0;  ///< over the whole run, in the unit of the values: of logs, a log ratio
};

/// Does it drift? The Mann-Kendall test on values in run order, corrected for ties, and Theil's
/// (abbreviated) slope from the values half a run apart. Rank-based: one wild value is one value.
/// It takes the values for independent but for the trend: log ratios of pairs are, raw times of
/// neighbouring epochs are not and would be found drifting too often.
/// nullopt below 8 values (the normal approximation), or with one that is not finite.
/// Sources: Mann 1945, Econometrica 13(3); Kendall, Rank Correlation Methods; Theil 1950.
std::optional<trend> find_trend(std::span<const double> values);

}  // namespace regatta
