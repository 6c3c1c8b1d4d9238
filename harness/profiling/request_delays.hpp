// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "harness/profiling/profile_result.hpp"

namespace regatta::profiling {

/// Puts a load beside the profile that it ran under: each request to the stretches that it was due
/// in (blocked_stretch::cost), and profile_result::driven. `zero` is what the stretches' times
/// count from, by CLOCK_MONOTONIC. A stretch outside of the load has no cost. The load's list of
/// requests is used up. Pure.
void put_beside(profile_result& profile, http_load::load_result load,
                std::chrono::nanoseconds zero);

}  // namespace regatta::profiling
