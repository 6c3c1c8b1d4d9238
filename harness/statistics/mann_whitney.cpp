// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/mann_whitney.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <utility>
#include <vector>

namespace regatta {

std::optional<mann_whitney_result> mann_whitney(std::span<const double> a,
                                                std::span<const double> b) {
  if (a.empty() || b.empty()) return std::nullopt;
  std::vector<std::pair<double, bool>> pooled;  // value, is of a
  for (const double value : a) pooled.emplace_back(value, true);
  for (const double value : b) pooled.emplace_back(value, false);
  for (const auto& entry : pooled) {
    if (std::isnan(entry.first)) return std::nullopt;
  }
  std::sort(pooled.begin(), pooled.end());

  double rank_sum = 0;  // of a, equal values sharing their mean rank
  double tied = 0;
  for (std::size_t i = 0; i < pooled.size();) {
    std::size_t end = i;
    double of_a = 0;
    for (; end < pooled.size() && pooled[end].first == pooled[i].first; ++end) {
      of_a += pooled[end].second ? 1 : 0;
    }
    const auto equal = static_cast<double>(end - i);
    rank_sum += of_a * (static_cast<double>(i) + (equal + 1) / 2);
    tied += equal * equal * equal - equal;
    i = end;
  }

  const auto m = static_cast<double>(a.size());
  const auto n = static_cast<double>(b.size());
  mann_whitney_result result;
  result.u = rank_sum - m * (m + 1) / 2;
  const double variance = m * n / 12 * (m + n + 1 - tied / ((m + n) * (m + n - 1)));
  if (!(variance > 0)) return result;  // all values are equal
  const double off = result.u - m * n / 2;
  result.z = std::copysign(std::max(0.0, std::abs(off) - 0.5), off) / std::sqrt(variance);
  const boost::math::normal_distribution<double> normal;
  result.p =
      std::min(1.0, 2 * boost::math::cdf(boost::math::complement(normal, std::abs(result.z))));
  return result;
}

}  // namespace regatta
