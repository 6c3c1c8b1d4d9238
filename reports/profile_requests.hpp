// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/profiling/profile_result.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

/// What kind of service it is and why; its classes of requests, upstreams and pool.
std::string render_requests(const profiling::request_profile& requests,
                            const terminal_style& style);

/// All of it; times in nanoseconds. `result` is the profile it is of.
nlohmann::ordered_json make_requests_json(const profiling::request_profile& requests,
                                          const profiling::profile_result& result);

/// The inverse of make_requests_json(). REQUIRES: it follows its schema. Throws bad_report
/// (stored_json.hpp) for names that it does not know.
profiling::request_profile read_requests(const nlohmann::json& file);

}  // namespace regatta
