// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/profiling/profile_result.hpp"
#include "reports/terminal_report.hpp"

namespace regatta {

/// What kind of service it is and why; its classes of requests, upstreams and pool.
std::string render_requests(const profiling::request_profile& requests,
                            const terminal_style& style);

/// All of it; times in nanoseconds. `result` is the profile it is of.
nlohmann::ordered_json make_requests_json(const profiling::request_profile& requests,
                                          const profiling::profile_result& result);
/// Its inverse; the schema has been checked. Throws bad_report for names it does not know.
profiling::request_profile read_requests(const nlohmann::json& file);

/// "I/O-bound. 3 % of a request's own time is CPU time …"
std::string describe_service(const profiling::service_classification& found);
/// "1,204 answered (120/s), 3 in flight at the end; …, by 1 loop thread …"
std::string describe_serving(const profiling::request_profile& requests);

}  // namespace regatta
