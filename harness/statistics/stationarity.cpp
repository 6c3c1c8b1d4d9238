// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/stationarity.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <vector>

#include "harness/statistics/quantile.hpp"

namespace regatta {

std::optional<trend> find_trend(std::span<const double> values) {
  const std::size_t n = values.size();
  const auto finite = [](double value) { return std::isfinite(value); };
  if (n < 8 || !std::all_of(values.begin(), values.end(), finite)) return std::nullopt;

  double score = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      score += (values[j] > values[i] ? 1 : 0) - (values[j] < values[i] ? 1 : 0);
    }
  }
  const auto weight = [](double count) { return count * (count - 1) * (2 * count + 5); };
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const auto all = static_cast<double>(n);
  double variance = weight(all);
  for (auto at = sorted.begin(); at != sorted.end();) {
    const auto end = std::upper_bound(at, sorted.end(), *at);
    variance -= weight(static_cast<double>(end - at));
    at = end;
  }
  variance /= 18;

  trend found;
  found.tau = score / (all * (all - 1) / 2);
  if (variance > 0) {
    const double z = std::max(0.0, std::abs(score) - 1) / std::sqrt(variance);
    const boost::math::normal_distribution<double> normal;
    found.p = std::min(1.0, 2 * boost::math::cdf(boost::math::complement(normal, z)));
  }
  const std::size_t half = (n + 1) / 2;
  std::vector<double> rises;
  for (std::size_t i = half; i < n; ++i) rises.push_back(values[i] - values[i - half]);
  found.change = *median(rises) * (all - 1) / static_cast<double>(half);
  return found;
}

}  // namespace regatta
