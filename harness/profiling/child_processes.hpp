// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <map>
#include <vector>

namespace regatta::profiling {

/// The children of `process`, and theirs, by who is whose parent. Pure.
std::vector<pid_t> descendants_in(const std::map<pid_t, pid_t>& parents, pid_t process);

/// Those that run now, by /proc. What was orphaned is not among them: init is its parent.
std::vector<pid_t> descendants_of(pid_t process);

}  // namespace regatta::profiling
