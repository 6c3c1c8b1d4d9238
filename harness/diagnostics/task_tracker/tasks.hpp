// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/diagnostics/task_tracker/task_info.hpp"

namespace regatta {

/// Every coroutine of this process that has not ended, with who awaits whom: `ps`, for tasks. Tasks
/// that begin or end meanwhile may be missing; no task is stopped. Empty in a build without
/// tracking. Thread safety: any thread.
std::vector<task_info> tasks();

/// The tasks as a tree, a line each: what it awaits, where, for how long, and where it was created.
/// At most `most_lines` lines, with the number of those left out; a cycle is shown once.
std::string format_task_tree(const std::vector<task_info>& tasks, std::size_t most_lines = 1000);

/// The serial of the task that runs on the calling thread; 0 if none does. Async-signal-safe.
std::uint64_t current_task() noexcept;

/// From now on the signal prints the tree of tasks on stderr, from a thread of its own.
/// REGATTA_DEBUG has the same: signal=USR1.
void print_tasks_on_signal(int signal);

}  // namespace regatta
