// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/multiplicity.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace regatta {
namespace {

/// 1/e is a p-value; NaN is no evidence.
std::vector<double> as_p_values(std::span<const double> e_values) {
  std::vector<double> p_values;
  for (const double e : e_values) p_values.push_back(e > 1 ? 1 / e : 1);
  return p_values;
}

/// Positions of the values, the smallest first.
std::vector<std::size_t> ascending(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

}  // namespace

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<double> adjusted(p_values.begin(), p_values.end());
  for (double& p : adjusted) p = std::isnan(p) ? 1 : p;
  double largest = 0;
  auto left = static_cast<double>(adjusted.size());
  for (const std::size_t i : ascending(adjusted)) {
    largest = std::max(largest, std::min(1.0, left * adjusted[i]));
    adjusted[i] = largest;
    --left;
  }
  return adjusted;
}

std::vector<double> e_bh(std::span<const double> e_values) {
  std::vector<double> adjusted = as_p_values(e_values);
  const auto all = static_cast<double>(adjusted.size());
  const std::vector<std::size_t> order = ascending(adjusted);
  double smallest = 1;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    double& value = adjusted[order[rank - 1]];
    smallest = std::min(smallest, all * value / static_cast<double>(rank));
    value = smallest;
  }
  return adjusted;
}

}  // namespace regatta
