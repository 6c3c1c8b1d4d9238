// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace regatta {

// The text processing around an LLM: what is done to a document before the question and to the
// answer after it. ASCII letters and digits make words; everything else separates them.

/// HTML without tags, comments and entities, white space single.
std::string strip_markup(std::string_view html);

/// Overlapping stretches of at most `words` words, the next beginning `step` words later.
/// REQUIRES: 0 < step <= words.
std::vector<std::string_view> overlapping_passages(std::string_view text, std::size_t words,
                                                   std::size_t step);

/// The `count` most frequent words of more than four letters, in lower case; of equals the first in
/// the alphabet first.
std::vector<std::string> frequent_words(std::string_view text, std::size_t count);

/// The passages most like `text`, best first, by the cosine of their letter-trigram counts.
std::vector<std::string_view> closest_passages(std::vector<std::string_view> passages,
                                               std::string_view text, std::size_t count);

}  // namespace regatta
