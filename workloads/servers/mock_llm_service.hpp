// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/service.hpp"

namespace regatta {

/// The arguments of a server_process that is the mock LLM with these settings. Throws
/// std::invalid_argument with a sentence for a setting that is none.
std::vector<std::string> mock_llm_arguments(const service_options& options);

}  // namespace regatta
