// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/profiling/profile_result.hpp"

namespace regatta::profiling {

/// What /proc/PID/status and /proc/PID/stat say of a process.
struct target_facts {
  std::string name;
  pid_t process = 0;  ///< the one the id belongs to; another one if it is a thread's
  pid_t parent = 0;
  uid_t user = 0;
  char state = '?';
  bool kernel_thread = false;
};

/// nullopt if that is not what the texts are. Pure.
std::optional<target_facts> parse_target(std::string_view status, std::string_view stat);

/// Why this cannot be profiled, as a sentence that says what to do; nullopt if it can. Pure.
std::optional<std::string> target_problem(pid_t pid, const target_facts& facts);

/// The process by that id. Throws std::runtime_error with a sentence: there is none, it is a
/// thread, a zombie, a kernel thread, this very process, or another user's that we may not look
/// into.
profiled_process examine_target(pid_t pid);

/// Whether it still runs: not ended, and no zombie.
bool still_runs(pid_t pid);

}  // namespace regatta::profiling
