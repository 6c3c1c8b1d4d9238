// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "harness/diagnostics/loop_monitor/stack_copy.hpp"
#include "harness/diagnostics/loop_monitor/watched_loop.hpp"

namespace regatta::internal {

/// Where on its stack a thread has noted that it is in the loop's run(); 0 if it is in none. Of a
/// thread that has polled, or made the monitor, it is read from where the thread itself would look;
/// of others as well if the C library keeps their variables beside their stacks. Else the stack in
/// use is searched, which may find the note of a run() that has returned.
std::uintptr_t find_run(const watched_loop& loop, pid_t thread, const stack_copy& copy);

enum class presence { in_run, elsewhere, unknown };
/// The same without a copy, for a microsecond; unknown of a thread that has not polled.
presence find_presence(const watched_loop& loop, pid_t thread);

}  // namespace regatta::internal
