// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/profiling/profile_result.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

/// One screen: what blocked, the worst first; then the loops, the threads and what watching took.
std::string render_profile(const profiling::profile_result& result, const terminal_style& style);

/// One stretch with its ledger and its stack, each line indented.
std::string render_stretch(const profiling::blocked_stretch& stretch, const terminal_style& style);

/// "epoll 6: thread 81 (python3) has been blocked for 120 ms: sleeping (…), in handler at
/// app.py:12".
std::string live_line(const profiling::blocked_stretch& stretch, const char* verb);

/// Raised whenever a reader of the file could be misled by a change.
constexpr int profile_schema_version = 1;

/// All of it. Times are in nanoseconds. Described by schema/profile-report.schema.json.
nlohmann::ordered_json make_profile_json(const profiling::profile_result& result);

}  // namespace regatta
