// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "harness/profiling/profile_result.hpp"

namespace regatta {

/// `text` for one line of a terminal, which names of other programs must not command: valid UTF-8,
/// with a space for each line break and tab, and "?" for each other control character (C0, C1, DEL)
/// and each that turns the direction of writing.
std::string printable(std::string_view text);

/// The same for every name in it.
profiling::blocked_stretch printable(profiling::blocked_stretch stretch);
profiling::profile_result printable(profiling::profile_result result);

}  // namespace regatta
