// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/diagnostics/source_frame.hpp"

namespace regatta::internal {

/// "echo_once at echo.cpp:30": short name, and the place if it is known.
std::string frame_text(const source_frame& frame);

/// A line a frame, innermost first, indented; runs of Boost's and the standard library's own frames
/// are counted, not shown. Empty for no frames.
std::string frames_text(const std::vector<source_frame>& frames);

}  // namespace regatta::internal
