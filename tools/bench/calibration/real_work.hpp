// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/bench/calibration/timed_work.hpp"

namespace regatta::calibration {

/// One thread that computes; the same split over two; messages to and fro between two threads;
/// reads that miss the caches: each is disturbed by this machine in its own way.
all_work all_real_work();

}  // namespace regatta::calibration
