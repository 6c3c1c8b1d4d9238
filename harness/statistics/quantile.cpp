// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/quantile.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <numeric>
#include <vector>

namespace regatta {
namespace {

// 10 * (1 - 0.9) is a little less than 1 in binary; what is meant is the whole number.
constexpr double rounding = 1e-9;

}  // namespace

std::optional<double> quantile(std::span<const double> sorted, double p) {
  const auto n = static_cast<double>(sorted.size());
  if (!(n * p >= 1 - rounding) || !(n * (1 - p) >= 1 - rounding)) return std::nullopt;
  const auto rank = static_cast<std::size_t>(std::ceil(n * p - rounding));
  return sorted[rank - 1];
}

std::optional<interval> quantile_interval(std::span<const double> sorted, double p,
                                          double confidence) {
  const auto n = static_cast<double>(sorted.size());
  if (sorted.empty() || !(p > 0 && p < 1) || !(confidence > 0 && confidence < 1)) {
    return std::nullopt;
  }
  // K, the number of samples below the quantile, is binomial. The l-th smallest is above the
  // quantile if K < l, the u-th smallest below it if K >= u.
  const boost::math::binomial_distribution<double> below(n, p);
  const double tail = (1 - confidence) / 2;
  const auto lower_misses = [&](double l) { return boost::math::cdf(below, l - 1); };
  const auto upper_misses = [&](double u) {
    return boost::math::cdf(boost::math::complement(below, u - 1));
  };
  if (lower_misses(1) > tail || upper_misses(n) > tail) return std::nullopt;

  // The largest l and the smallest u that miss rarely enough; both are monotone.
  double l = 1;
  for (double above = n + 1; above - l > 1;) {
    const double middle = std::floor((l + above) / 2);
    (lower_misses(middle) <= tail ? l : above) = middle;
  }
  double u = n;
  for (double under = 0; u - under > 1;) {
    const double middle = std::ceil((u + under) / 2);
    (upper_misses(middle) <= tail ? u : under) = middle;
  }
  return interval{sorted[static_cast<std::size_t>(l) - 1], sorted[static_cast<std::size_t>(u) - 1]};
}

std::optional<double> median(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  std::vector<double> copy(values.begin(), values.end());
  const auto middle = copy.begin() + static_cast<std::ptrdiff_t>(copy.size() / 2);
  std::nth_element(copy.begin(), middle, copy.end());
  if (copy.size() % 2 == 1) return *middle;
  return std::midpoint(*std::max_element(copy.begin(), middle), *middle);
}

}  // namespace regatta
