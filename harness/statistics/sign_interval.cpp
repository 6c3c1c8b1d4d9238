// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/sign_interval.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <vector>

namespace regatta {

std::optional<ratio_estimate> ratio_interval(std::span<const double> numerators,
                                             std::span<const double> denominators,
                                             double confidence) {
  const std::size_t n = numerators.size();
  if (n == 0 || n != denominators.size() || !(confidence > 0 && confidence < 1)) {
    return std::nullopt;
  }
  // Order statistics commute with the logarithm, so that the ratios themselves are sorted.
  std::vector<double> ratios(n);
  const auto positive = [](double value) { return std::isfinite(value) && value > 0; };
  for (std::size_t i = 0; i < n; ++i) {
    ratios[i] = numerators[i] / denominators[i];
    if (!positive(numerators[i]) || !positive(denominators[i]) || !positive(ratios[i])) {
      return std::nullopt;
    }
  }
  std::sort(ratios.begin(), ratios.end());

  // The largest rank whose miss on either side is rare enough. Symmetric: the median's p is 1/2.
  const boost::math::binomial_distribution<double> below(static_cast<double>(n), 0.5);
  const auto misses = [&](std::size_t rank) {
    return 2 * boost::math::cdf(below, static_cast<double>(rank) - 1);
  };
  const double allowed = 1 - confidence;
  if (misses(1) > allowed) return std::nullopt;
  std::size_t rank = 1;
  for (std::size_t above = n / 2 + 1; above - rank > 1;) {
    const std::size_t middle = (rank + above) / 2;
    (misses(middle) <= allowed ? rank : above) = middle;
  }

  // The median of the logs: between the middle two, their geometric mean.
  const double low = ratios[(n - 1) / 2];
  const double high = ratios[n / 2];
  ratio_estimate estimate;
  estimate.ratio = low == high ? low : std::sqrt(low) * std::sqrt(high);
  estimate.lower = ratios[rank - 1];
  estimate.upper = ratios[n - rank];
  estimate.confidence = 1 - misses(rank);
  estimate.pairs = n;
  estimate.ties = static_cast<std::size_t>(std::count(ratios.begin(), ratios.end(), 1.0));
  return estimate;
}

}  // namespace regatta
