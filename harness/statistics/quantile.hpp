// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

namespace regatta {

struct interval {
  double lower = 0, upper = 0;
  bool operator==(const interval&) const = default;
};

/// The p-quantile by inverse CDF (nearest rank; type 1 of Hyndman and Fan 1996): the smallest
/// sample with at least n*p of the samples at or below it. Always a latency that somebody really
/// had, never a mean of two. `sorted` is ascending and has no NaN. nullopt if the sample cannot
/// show it, that is unless n*p >= 1 and n*(1-p) >= 1: p99.9 needs 1,000. (For the largest value ask
/// for the largest value: p = 1 is always refused.)
std::optional<double> quantile(std::span<const double> sorted, double p);

/// A distribution-free interval for the p-quantile of the population, from two order statistics,
/// with at most (1-confidence)/2 in either tail; covers at least `confidence` for any distribution
/// of independent samples. nullopt if the sample is too small for it: at 95 %, the median needs 6
/// and p99 needs 368. Source: David and Nagaraja, Order Statistics, 3rd ed., section 7.1.
std::optional<interval> quantile_interval(std::span<const double> sorted, double p,
                                          double confidence);

/// The middle one, or the mean of the middle two. Any order; nullopt for no values.
std::optional<double> median(std::span<const double> values);

}  // namespace regatta
