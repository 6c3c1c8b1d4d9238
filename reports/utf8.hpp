// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace regatta {

/// `text` with U+FFFD for every byte that is not part of well-formed UTF-8 (RFC 3629: no overlong
/// forms, no surrogates): labels and paths come from the command line, where any byte may be.
std::string valid_utf8(std::string_view text);

/// Bytes that the well-formed character at the front of `text` has: 1 to 4; 0 if there is none.
std::size_t utf8_length(std::string_view text);

}  // namespace regatta
