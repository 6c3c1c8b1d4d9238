// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/run_plan.hpp"

namespace regatta {

/// Every approach of the adapters that these commands start, named like "node-worker-threads".
/// Starts each adapter to ask it. Throws usage_error with a sentence.
std::vector<backend_choice> external_choices(const std::vector<std::string>& commands);

}  // namespace regatta
