// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace regatta::calibration {

/// Work that takes time, which is disturbed. Thread safety: none.
class timed_work {
 public:
  virtual ~timed_work() = default;
  virtual std::string name() const = 0;
  /// How long so many units of it take this time.
  virtual double seconds(std::uint64_t units) = 0;
};

using all_work = std::vector<std::unique_ptr<timed_work>>;

/// Units that take about so long here and now, undisturbed; a multiple of `step`, so that a little
/// more work is exactly that: 10 % and 25 % more of a multiple of 20, 2 % more of one of 100.
std::uint64_t units_for(timed_work& work, double seconds, std::uint64_t step);
/// `units` of it, times 1.02 or the like, to the nearest.
std::uint64_t scaled(std::uint64_t units, double factor);

}  // namespace regatta::calibration
