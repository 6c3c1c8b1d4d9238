// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace regatta::calibration {

/// Work whose duration this machine disturbs in its own way. Thread safety: none.
class real_work {
 public:
  virtual ~real_work() = default;
  virtual std::string name() const = 0;
  /// So many units of it.
  virtual void run(std::uint64_t units) = 0;
};

/// One thread that computes; the same split over two; messages to and fro between two threads;
/// reads that miss the caches.
std::vector<std::unique_ptr<real_work>> all_real_work();

/// Seconds that so many units took.
double seconds_of(real_work& work, std::uint64_t units);

/// Units that take about so long here and now, undisturbed; a multiple of `step`, so that a little
/// more work is exactly that: 10 % and 25 % more of a multiple of 20, 2 % more of one of 100.
std::uint64_t units_for(real_work& work, double seconds, std::uint64_t step);
/// `units` of it, times 1.02 or the like, to the nearest.
std::uint64_t scaled(std::uint64_t units, double factor);

}  // namespace regatta::calibration
