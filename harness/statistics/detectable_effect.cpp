// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/detectable_effect.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "harness/statistics/margin_test.hpp"
#include "harness/statistics/quantile.hpp"

namespace regatta {
namespace {

/// How many of the first 0, 1, 2 … pairs must lie above for the evidence to be enough; more than
/// there are where it cannot be.
std::vector<std::size_t> boundary(std::size_t pairs, double level) {
  std::vector<std::size_t> needed;
  for (std::size_t n = 0; n <= pairs; ++n) {
    needed.push_back(fewest_above(n, 1 / level).value_or(n + 1));
  }
  return needed;
}

/// The chance that a walk which rises with probability `share` at each step touches the boundary.
double chance_to_reach(const std::vector<std::size_t>& needed, double share) {
  std::vector<double> at(needed.size() + 1, 0.0);  // by number above, if not yet there
  at[0] = 1;
  double reached = 0;
  for (std::size_t n = 1; n < needed.size(); ++n) {
    for (std::size_t k = std::min(n, needed[n - 1]); k > 0; --k) {
      at[k] = at[k] * (1 - share) + at[k - 1] * share;
    }
    at[0] *= 1 - share;
    for (std::size_t k = needed[n]; k <= n; ++k) reached += std::exchange(at[k], 0.0);
  }
  return reached;
}

}  // namespace

double sign_test_power(double share, std::size_t pairs, double level) {
  return chance_to_reach(boundary(pairs, level), share);
}

std::optional<double> detectable_effect(std::span<const double> ratios, detection how) {
  std::vector<double> logs;
  for (const double ratio : ratios) {
    if (!std::isfinite(ratio) || ratio <= 0) return std::nullopt;
    logs.push_back(std::log(ratio));
  }
  if (logs.size() < 6) return std::nullopt;

  const std::vector<std::size_t> needed = boundary(how.pairs, how.level);
  if (chance_to_reach(needed, 1) < how.power) return std::nullopt;
  double share = 1;  // that finds it often enough
  for (double under = 0.5; share - under > 1e-6;) {
    const double middle = (share + under) / 2;
    (chance_to_reach(needed, middle) >= how.power ? share : under) = middle;
  }
  // The slowdown that lifts so many of the noisy ratios above the margin.
  const double centre = *median(logs);
  std::sort(logs.begin(), logs.end(), std::greater<>());
  const auto above =
      static_cast<std::size_t>(std::ceil(share * static_cast<double>(logs.size()) - 1e-9));
  return (1 + how.margin) * std::exp(centre - logs[above - 1]) - 1;
}

}  // namespace regatta
