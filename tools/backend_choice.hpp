// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/run_plan.hpp"

namespace regatta {

/// "process:start=spawn,chunk=8" with every option of the backend resolved and its value checked.
/// Throws usage_error.
backend_choice parse_backend(const std::string& text);

/// What names, globs (also several with commas) and backends with options stand for, each once.
/// Throws usage_error.
std::vector<backend_choice> expand_backends(const std::vector<std::string>& patterns);

}  // namespace regatta
