// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "harness/profiling/bpf/loop_events.h"
#include "harness/profiling/ebpf/loaded_programs.hpp"
#include "harness/profiling/ebpf/watched_process.hpp"
#include "harness/profiling/profile_result.hpp"

namespace regatta::profiling {

/// What the kernel has counted of a loop, but for its threads' last wait and slice.
loop_profile counted_loop(const watched_process& process, const kernel_side::loop_slot& slot,
                          const std::set<pid_t>& threads);

/// What found no room, but for events: a sentence each.
std::vector<std::string> describe(const loaded_programs::losses& lost);

struct blind_spots {
  std::uint64_t uncertain = 0;  ///< slices that may have been several
  std::chrono::nanoseconds threshold{};
  bool untickable = false;  ///< there was no CPU clock
};
/// What could not be seen: a sentence each.
std::vector<std::string> describe(const blind_spots& unseen);

/// Adds the loops that slept all the time and so made no event: the looks at /proc saw them.
void add_waiting_loops(const watched_process& process, profile_result& result,
                       std::set<pid_t>& loop_threads);

}  // namespace regatta::profiling
