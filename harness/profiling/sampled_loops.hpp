// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <map>
#include <set>

#include "harness/profiling/loop_timeline.hpp"
#include "harness/profiling/profile_result.hpp"
#include "harness/profiling/sample_judge.hpp"
#include "harness/profiling/stretch_teller.hpp"

namespace regatta::profiling {

/// What the samples say of each loop so far; iterations stay unknown.
std::map<loop_identity, loop_counters> sampled_counters(const sample_judge& judge);

/// Adds the loops that samples saw, with their stretches and their timelines, and their threads.
void add_sampled_loops(const sample_judge& judge, const stretch_teller& teller,
                       const loop_timelines& timelines, profile_result& result,
                       std::set<pid_t>& loop_threads);

}  // namespace regatta::profiling
