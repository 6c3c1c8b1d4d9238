// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostics/source_frame.hpp"

namespace regatta::internal {

// For reports that are one JSON object a line.

/// A JSON string of it. What is not UTF-8 stays as it is.
std::string json_quoted(std::string_view text);
/// {"file":…,"line":…}, or null.
std::string json_place(const source_place& place);
/// [{"function":…,"place":…}, …]
std::string json_frames(const std::vector<source_frame>& frames);

}  // namespace regatta::internal
