// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/calibration/timed_work.hpp"

#include <algorithm>
#include <cmath>

namespace regatta::calibration {

std::uint64_t units_for(timed_work& work, double seconds, std::uint64_t step) {
  // The fastest of some: what a neighbour does meanwhile must not make the work smaller for good.
  const auto fastest = [&](std::uint64_t units) {
    double least = work.seconds(units);
    for (int i = 0; i < 7; ++i) least = std::min(least, work.seconds(units));
    return least;
  };
  std::uint64_t units = step;
  while (fastest(units) < seconds / 8) units *= 4;
  const double steps =
      static_cast<double>(units) / fastest(units) * seconds / static_cast<double>(step);
  return step * std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(steps)));
}

std::uint64_t scaled(std::uint64_t units, double factor) {
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(units) * factor));
}

}  // namespace regatta::calibration
