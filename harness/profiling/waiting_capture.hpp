// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>

#include "harness/profiling/captured_stack.hpp"

namespace regatta::profiling {

/// The stack of a thread that waits in the kernel, from /proc/PID/task/TID/syscall and
/// process_vm_readv(2): the same user's processes, no capability needed, and nothing is stopped.
/// The callee-saved registers are unknown and 0. nullopt if the thread runs, went on meanwhile, is
/// gone, or may not be read. Any thread.
std::optional<captured_stack> capture_waiting_thread(pid_t process, pid_t thread,
                                                     std::size_t most_bytes = 32'768);

}  // namespace regatta::profiling
