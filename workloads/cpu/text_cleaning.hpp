// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace regatta {

// What Python services do to a document with str methods, one pass and one new text a step. UTF-8;
// bytes that are none stay as they are. Where Python knows all of Unicode, this knows its white
// space, and the case of ASCII and Latin-1 letters.

/// " ".join(text.split()): runs of white space, U+00A0 and U+3000 among it, become one space.
std::string normal_spaces(std::string_view text);

/// text.lower().
std::string lower_case(std::string_view text);

/// text.split(" ").
std::vector<std::string_view> split_at_spaces(std::string_view text);

/// word.strip(string.punctuation).
std::string_view without_punctuation(std::string_view word);

/// Whether an English word, in lower case, is too frequent to say anything about a text.
bool is_stop_word(std::string_view word);

/// collections.Counter(words).most_common(limit), of equals the first in the alphabet first.
std::vector<std::pair<std::string_view, std::uint64_t>> most_common(
    const std::vector<std::string_view>& words, std::size_t limit);

}  // namespace regatta
