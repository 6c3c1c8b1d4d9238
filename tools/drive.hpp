// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "harness/profiling/profiler.hpp"
#include "tools/load_options.hpp"

namespace CLI {
class App;
}

namespace regatta {

/// What `regatta profile` was told of a load to drive.
struct drive_request {
  std::optional<std::string> url;  ///< without it there is none
  load_request load;
};
void add_drive_options(CLI::App& command, drive_request& request);

/// The load, checked; nullopt: there is none. `duration`: of the profile, as it was given. Throws
/// usage_error.
std::optional<load_choice> plan_drive(const drive_request& request,
                                      const std::optional<std::string>& duration);

struct driven_profile {
  profiling::profile_result result;
  std::string problem;  ///< why there is no load in it: a sentence; empty: there is one
};

/// Profiles while the load lasts, and puts the two beside each other. The load begins when the
/// profile is in place; a command that was started is given ten seconds to listen. Whatever ends
/// one of the two ends the other. Throws what profiling::profile() does.
driven_profile profile_under_load(const std::variant<pid_t, profiling::profiled_command>& subject,
                                  profiling::profile_options options,
                                  profiling::profile_hooks hooks, const load_choice& choice);

}  // namespace regatta
