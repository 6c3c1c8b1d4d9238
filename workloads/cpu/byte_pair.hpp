// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/bytes.hpp"

namespace regatta {

// Byte-pair encoding (Sennrich et al., ACL 2016) over bytes, as GPT-2 does it: token 0…255 is a
// byte, token 256 + r is what merge r makes of its two. Merges never cross words.

using token = std::uint32_t;
constexpr token byte_tokens = 256;

struct token_pair {
  token left = 0;
  token right = 0;
  auto operator<=>(const token_pair&) const = default;
};

/// Bytes of the word that `text` begins with: letters, digits, punctuation or white space, the
/// first three with the space before them; at most 64, so that the cost of a byte is bounded.
/// REQUIRES: text is not empty.
std::size_t first_word_length(std::string_view text);

/// The merges worth most, best first: each joins the most frequent pair of neighbours that the ones
/// before it left (of equals, the smaller pair). Ends early when no pair occurs twice.
std::vector<token_pair> learn_merges(std::span<const std::string_view> texts, std::size_t limit);

/// The merges as a hash table that lies in a dataset and is used where it lies.
buffer make_merge_table(std::span<const token_pair> merges);

/// Encodes `text` by a table of make_merge_table. Any thread; allocates only the answer.
std::vector<token> encode(bytes_view merge_table, std::string_view text);

/// The text again. Throws std::out_of_range for a token that is neither a byte nor a merge.
std::string decode(bytes_view merge_table, std::span<const token> tokens);

}  // namespace regatta
