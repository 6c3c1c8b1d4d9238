// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <vector>

#include "harness/diagnostics/task_tracker/snapshot.hpp"
#include "harness/diagnostics/task_tracker/task_info.hpp"

namespace regatta::internal {

/// The task that runs on that thread of this process, then who awaits it, and so on outwards; at
/// most 64. A coroutine's callers are on no stack: this is the stack that a reader thinks of.
/// Empty without the tracker, or if no task runs there. Any thread.
std::vector<raw_task> running_records(pid_t thread);

/// The same with names; in the same order.
std::vector<task_info> describe_running(const std::vector<raw_task>& records);

}  // namespace regatta::internal
