// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace regatta {

/// "serial,coroutine" is two names, "process:start=spawn,chunk=8" one with options.
std::vector<std::string> split_names(const std::vector<std::string>& texts);

}  // namespace regatta
