// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/profiling/bpf/request_events.h"

namespace regatta::profiling {

/// What a request did, in order, with the sums of each kind that the kernel side counted. It has
/// room for few phases and puts what comes later to its last two, whatever kind it was: of a
/// request that was read in many pieces, a wait for an upstream may lie in what it computed. Such
/// a tail is told as what was computed in it, then what was waited for in it, kind by kind. Pure.
std::vector<kernel_side::request_phase> whole_phases(const kernel_side::request_event& request);

}  // namespace regatta::profiling
