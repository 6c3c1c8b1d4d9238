// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace regatta {

/// The values of a parameter that are searched, on a logarithmic axis: what matters is by which
/// factor a value differs.
struct crossover_axis {
  double from = 1, to = 1000;  ///< 0 < from < to
  bool whole = true;           ///< whole numbers only
};

/// Who is ahead at one value of the parameter; nullopt: nobody, as far as could be told.
using leader = std::optional<std::size_t>;

struct searched_point {
  double at = 0;
  leader ahead;
  bool operator==(const searched_point&) const = default;
};

/// Neighbouring points with the same answer.
struct crossover_zone {
  leader ahead;
  double first = 0, last = 0;  ///< values that were tried
  bool operator==(const crossover_zone&) const = default;
};

/// The lead passes from one to another somewhere between two values. In between nobody was seen
/// ahead, or nothing was tried.
struct crossover {
  std::size_t below = 0, above = 0;
  double last_below = 0;   ///< the largest value at which `below` was still ahead
  double first_above = 0;  ///< the smallest from which `above` was
  bool operator==(const crossover&) const = default;
};

struct search_limits {
  std::size_t most_points = 12;
  /// Neighbouring values between which the lead changes are brought this near to each other, as a
  /// factor (or to the next whole number): 1.15 is 15 %.
  double resolution = 1.15;
  /// Where the answer is the same at both ends, look in between until this near: crossings that
  /// come in twos show up only so.
  double coarse = 6;
};

/// The value to try next, or nullopt when all is as fine as asked for. Always the widest gap, by
/// how much wider it is than it should be. `tried` ascending, both ends of the axis among them
/// (they come first otherwise).
std::optional<double> next_to_try(const std::vector<searched_point>& tried,
                                  const crossover_axis& axis, const search_limits& limits);

/// Measures at one value; nullopt when there is no more time.
using crossover_oracle = std::function<std::optional<leader>(double at)>;

/// The points that were tried, ascending.
std::vector<searched_point> search_crossovers(const crossover_axis& axis,
                                              const search_limits& limits,
                                              const crossover_oracle& ask);

std::vector<crossover_zone> zones_of(const std::vector<searched_point>& points);
std::vector<crossover> crossovers_of(const std::vector<searched_point>& points);

}  // namespace regatta
