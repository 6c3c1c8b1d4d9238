// SPDX-License-Identifier: Apache-2.0
#include "harness/crossover/crossover_search.hpp"

#include <algorithm>
#include <cmath>

namespace regatta {
namespace {

/// The middle on the logarithmic axis; nullopt if no value of the axis lies between.
std::optional<double> between(double low, double high, const crossover_axis& axis) {
  const double middle = std::sqrt(low) * std::sqrt(high);
  if (!axis.whole) return middle > low && middle < high ? std::optional(middle) : std::nullopt;
  const double whole = std::clamp(std::round(middle), low + 1, high - 1);
  return whole > low && whole < high ? std::optional(whole) : std::nullopt;
}

/// The factor down to which this gap is worth splitting. The edge of a stretch without a leader
/// depends on how long one measures: to know it as finely as a change of leaders tells nothing.
double wanted_factor(const leader& below, const leader& above, const search_limits& limits) {
  if (below == above) return limits.coarse;
  const bool both_lead = below && above;
  return both_lead ? limits.resolution : limits.resolution * limits.resolution;
}

}  // namespace

std::optional<double> next_to_try(const std::vector<searched_point>& tried,
                                  const crossover_axis& axis, const search_limits& limits) {
  if (tried.empty() || tried.front().at != axis.from) return axis.from;
  if (tried.back().at != axis.to) return axis.to;
  std::optional<double> next;
  double most = 1;  // how many times too wide
  for (std::size_t i = 1; i < tried.size(); ++i) {
    const searched_point& low = tried[i - 1];
    const searched_point& high = tried[i];
    const double excess =
        std::log(high.at / low.at) / std::log(wanted_factor(low.ahead, high.ahead, limits));
    const auto middle = between(low.at, high.at, axis);
    if (!middle || excess <= most) continue;
    most = excess;
    next = middle;
  }
  return next;
}

std::vector<searched_point> search_crossovers(const crossover_axis& axis,
                                              const search_limits& limits,
                                              const crossover_oracle& ask) {
  std::vector<searched_point> tried;
  while (tried.size() < limits.most_points) {
    const auto next = next_to_try(tried, axis, limits);
    if (!next) break;
    const auto answer = ask(*next);
    if (!answer) break;
    const auto place = std::upper_bound(
        tried.begin(), tried.end(), *next,
        [](double value, const searched_point& point) { return value < point.at; });
    tried.insert(place, {*next, *answer});
  }
  return tried;
}

std::vector<crossover_zone> zones_of(const std::vector<searched_point>& points) {
  std::vector<crossover_zone> zones;
  for (const searched_point& point : points) {
    if (zones.empty() || zones.back().ahead != point.ahead) {
      zones.push_back({point.ahead, point.at, point.at});
    }
    zones.back().last = point.at;
  }
  return zones;
}

std::vector<crossover> crossovers_of(const std::vector<searched_point>& points) {
  std::vector<crossover> found;
  const searched_point* last = nullptr;  // at which somebody was ahead
  for (const searched_point& point : points) {
    if (!point.ahead) continue;
    if (last != nullptr && last->ahead != point.ahead) {
      found.push_back({*last->ahead, *point.ahead, last->at, point.at});
    }
    last = &point;
  }
  return found;
}

}  // namespace regatta
