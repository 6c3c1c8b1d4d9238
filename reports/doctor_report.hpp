// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/doctor/doctor_result.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

/// "Fit to find changes of 4 % or more in CPU-bound work on one thread, …; for less: …", or why
/// not.
std::string doctor_verdict(const doctor_result& result);

/// The checks with what to do, the resolution, and the verdict last.
std::string render_doctor(const doctor_result& result, const terminal_style& style);

/// Times are in seconds, sizes in bytes, shares are fractions; what is unknown is null.
nlohmann::ordered_json make_doctor_json(const doctor_result& result);

}  // namespace regatta
