// SPDX-License-Identifier: Apache-2.0
#include "workloads/cpu/byte_pair.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <stdexcept>

#include "harness/interpreter/interpreter.hpp"

namespace regatta {
namespace {

constexpr std::size_t longest_word = 64;

enum class letter_class { space, letter, digit, punctuation };

// Not <cctype>: its answers depend on the locale. Bytes of multi-byte UTF-8 count as letters.
letter_class class_of(char character) {
  const auto byte = static_cast<unsigned char>(character);
  if (byte == ' ' || (byte >= '\t' && byte <= '\r')) return letter_class::space;
  if (byte >= '0' && byte <= '9') return letter_class::digit;
  const unsigned char lower = byte | 0x20U;
  if ((lower >= 'a' && lower <= 'z') || byte >= 0x80U) return letter_class::letter;
  return letter_class::punctuation;
}

// One entry of the open-addressing table. `merged` doubles as the rank: earlier merges make smaller
// tokens. 0 is a byte, which no merge makes: it marks a free slot.
struct slot {
  token_pair pair;
  token merged = 0;
};

constexpr token no_merge = std::numeric_limits<token>::max();

std::size_t slot_index(token_pair pair, std::size_t mask) {
  const std::uint64_t key = (std::uint64_t{pair.left} << 32U) | pair.right;
  return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15U) >> 40U) & mask;
}

token find_merge(std::span<const slot> slots, token_pair pair) {
  const std::size_t mask = slots.size() - 1;
  for (std::size_t i = slot_index(pair, mask);; i = (i + 1) & mask) {
    if (slots[i].merged == 0) return no_merge;
    if (slots[i].pair == pair) return slots[i].merged;
  }
}

// Appends the tokens of one word: again and again the earliest merge that applies, leftmost first.
void encode_word(std::span<const slot> slots, std::string_view word, std::vector<token>& out) {
  token tokens[longest_word];
  token merges[longest_word];  // merges[i] is what tokens i and i + 1 would become
  std::size_t count = word.size();
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<unsigned char>(word[i]);
  const auto look_up = [&](std::size_t i) {
    merges[i] = find_merge(slots, {tokens[i], tokens[i + 1]});
  };
  for (std::size_t i = 0; i + 1 < count; ++i) look_up(i);

  while (count > 1) {
    const auto best =
        static_cast<std::size_t>(std::min_element(merges, merges + count - 1) - merges);
    if (merges[best] == no_merge) break;
    tokens[best] = merges[best];
    std::copy(tokens + best + 2, tokens + count, tokens + best + 1);
    std::copy(merges + best + 1, merges + count - 1, merges + best);
    --count;
    if (best + 1 < count) look_up(best);
    if (best > 0) look_up(best - 1);
  }
  out.insert(out.end(), tokens, tokens + count);
}

}  // namespace

std::size_t first_word_length(std::string_view text) {
  assert(!text.empty());
  const std::size_t limit = std::min(text.size(), longest_word);
  std::size_t length = 1;
  letter_class word = class_of(text[0]);
  if (text[0] == ' ' && limit > 1 && class_of(text[1]) != letter_class::space) {
    word = class_of(text[1]);
    length = 2;
  }
  while (length < limit && class_of(text[length]) == word) ++length;
  // Of several spaces the last belongs to the word after them.
  const bool more = length < text.size() && class_of(text[length]) != letter_class::space;
  if (word == letter_class::space && length > 1 && more && text[length - 1] == ' ') --length;
  return length;
}

buffer make_merge_table(std::span<const token_pair> merges) {
  // A quarter full: most looked-up pairs are absent, and a miss ends at the first free slot.
  std::vector<slot> slots(std::bit_ceil(merges.size() * 4 + 1));
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    std::size_t i = slot_index(merges[rank], slots.size() - 1);
    while (slots[i].merged != 0) i = (i + 1) & (slots.size() - 1);
    slots[i] = {merges[rank], byte_tokens + static_cast<token>(rank)};
  }
  return to_buffer(std::as_bytes(std::span(slots)));
}

std::vector<token> encode(bytes_view merge_table, std::string_view text) {
  const auto slots = view_as<slot>(merge_table);
  std::vector<token> tokens;
  tokens.reserve(text.size() / 2);
  while (!text.empty()) {
    const std::size_t length = first_word_length(text);
    encode_word(slots, text.substr(0, length), tokens);
    interpreter::checkpoint();
    text.remove_prefix(length);
  }
  return tokens;
}

std::string decode(bytes_view merge_table, std::span<const token> tokens) {
  const auto slots = view_as<slot>(merge_table);
  std::vector<token_pair> merges(slots.size());
  token end = byte_tokens;
  for (const slot& entry : slots) {
    if (entry.merged == 0) continue;
    merges[entry.merged - byte_tokens] = entry.pair;
    end = std::max(end, entry.merged + 1);
  }
  std::string text;
  std::vector<token> pending;
  for (const token whole : tokens) {
    pending.push_back(whole);
    while (!pending.empty()) {
      const token next = pending.back();
      pending.pop_back();
      if (next >= end)
        throw std::out_of_range("token " + std::to_string(next) + " is not in the table");
      if (next < byte_tokens) {
        text += static_cast<char>(next);
      } else {
        pending.push_back(merges[next - byte_tokens].right);
        pending.push_back(merges[next - byte_tokens].left);
      }
    }
  }
  return text;
}

}  // namespace regatta
