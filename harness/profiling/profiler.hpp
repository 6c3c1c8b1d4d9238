// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "harness/profiling/profile_options.hpp"

namespace regatta::profiling {

/// A program to start, by name or path, and its arguments.
using profiled_command = std::vector<std::string>;

/// Watches a running process, or starts one and watches it from its first instruction; what is
/// started dies with this process, and is ended after the duration. Any process: unchanged and
/// never stopped by us.
///
///   const profile_result found = profile(4711, {}, {.stop = interrupted});
///
/// Throws std::runtime_error with a sentence: there is no such process, it may not be looked into,
/// the tier that was asked for is not to be had (tier_unavailable), the command cannot be started.
/// Thread safety: one profile at a time.
profile_result profile(const std::variant<pid_t, profiled_command>& what,
                       const profile_options& options, const profile_hooks& hooks);

}  // namespace regatta::profiling
