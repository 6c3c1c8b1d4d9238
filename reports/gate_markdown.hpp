// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "harness/gate/gate_result.hpp"

namespace regatta {

/// By its first line a bot finds the comment of the last run, to replace it.
constexpr std::string_view gate_comment_marker = "<!-- regatta-gate -->";

/// For a comment on a pull request or a step summary: the verdict, a table of what changed, the
/// rest folded. At most 60,000 characters, because GitHub takes 65,536.
std::string render_gate_markdown(const gate_result& result);

}  // namespace regatta
