// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "harness/diagnostics/task_tracker/task_info.hpp"

namespace regatta {

struct remote_tasks {
  std::vector<task_info> tasks;
  std::uint64_t untracked = 0;  ///< tasks its registry had no room for
};

/// The tasks of another process that was built with regatta::debug, read from its memory with
/// process_vm_readv: nothing runs in the process and nothing of it is stopped. Throws
/// std::runtime_error with a sentence that says what to do: no such process, not built with it, no
/// task yet, another version, or no permission (it takes what a debugger takes).
remote_tasks read_remote_tasks(pid_t process);

}  // namespace regatta
