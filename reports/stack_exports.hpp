// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/profiling/profile_result.hpp"

namespace regatta {

/// A profile's stacks of blocked time for other programs. All need the stacks: a stretch without
/// one is there as "[no stack]".

/// Folded stacks, as flamegraph.pl, inferno and speedscope read them: a line a stack, the process's
/// name and its functions from the outermost on, separated by semicolons, and the microseconds
/// blocked there. "_[i]" marks an inlined function. Time of stretches that the result does not list
/// (blocked_stretch::suppressed_time) counts for the one it was put to. Sorted by stack.
std::string folded_stacks(const profiling::profile_result& profile);

/// speedscope's JSON: a profile of all blocked time by stack, that of folded_stacks(), and then one
/// for each thread with its listed stretches where they were in time. Nanoseconds.
std::string render_speedscope(const profiling::profile_result& profile);

/// Trace events in JSON, as Perfetto and chrome://tracing open them: a track a thread, on it the
/// listed stretches with loop, ledger and stack. Microseconds since the profile began.
std::string render_chrome_trace(const profiling::profile_result& profile);

}  // namespace regatta
