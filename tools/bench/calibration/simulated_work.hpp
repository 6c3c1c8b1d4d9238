// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tools/bench/calibration/timed_work.hpp"

namespace regatta::calibration {

/// Machines whose noise is known, so that thousands of runs take seconds: independent noise, a
/// neighbour that comes and goes, slow drift, and disturbances without a finite variance. What the
/// designs promise has to hold on each.
all_work all_simulated_work(std::uint64_t seed);

}  // namespace regatta::calibration
