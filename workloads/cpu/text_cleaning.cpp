// SPDX-License-Identifier: Apache-2.0
#include "workloads/cpu/text_cleaning.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace regatta {
namespace {

constexpr std::array<std::string_view, 72> stop_words = {
    "a",    "about", "after", "all",  "also", "an",    "and",   "any",  "are",  "as",   "at",
    "be",   "been",  "but",   "by",   "can",  "could", "did",   "do",   "for",  "from", "had",
    "has",  "have",  "he",    "her",  "his",  "if",    "in",    "into", "is",   "it",   "its",
    "like", "many",  "may",   "me",   "more", "most",  "my",    "no",   "not",  "of",   "on",
    "one",  "only",  "or",    "our",  "out",  "over",  "she",   "so",   "some", "such", "than",
    "that", "the",   "their", "them", "then", "there", "these", "they", "this", "to",   "was",
    "we",   "were",  "which", "will", "with", "would"};
static_assert(std::is_sorted(stop_words.begin(), stop_words.end()));

// The white space at the front of `text`, as str.isspace() knows it: how many bytes it is, 0 if
// there is none.
std::size_t space_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first == ' ' || (first >= 0x09 && first <= 0x0d) || (first >= 0x1c && first <= 0x1f))
    return 1;
  if (first < 0x80 || text.size() < 2) return 0;
  if (first == 0xc2) return at(1) == 0x85 || at(1) == 0xa0 ? 2 : 0;  // U+0085, U+00A0
  if (text.size() < 3) return 0;
  const std::string_view three = text.substr(0, 3);
  if (three == "\xe1\x9a\x80" || three == "\xe2\x81\x9f" || three == "\xe3\x80\x80") return 3;
  if (three.substr(0, 2) != "\xe2\x80") return 0;
  const unsigned char last = at(2);  // U+2000 to U+200A, U+2028, U+2029, U+202F
  return (last >= 0x80 && last <= 0x8a) || last == 0xa8 || last == 0xa9 || last == 0xaf ? 3 : 0;
}

bool is_punctuation(char c) {  // string.punctuation: what ASCII has besides letters and digits
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

}  // namespace

std::string normal_spaces(std::string_view text) {
  std::string normal;
  normal.reserve(text.size());
  bool between = false;
  while (!text.empty()) {
    const std::size_t space = space_length(text);
    if (space > 0) {
      between = !normal.empty();
      text.remove_prefix(space);
      continue;
    }
    if (between) normal += ' ';
    between = false;
    normal += text.front();
    text.remove_prefix(1);
  }
  return normal;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const char c = lower[i];
    if (c >= 'A' && c <= 'Z') lower[i] = static_cast<char>(c - 'A' + 'a');
    if (c != '\xc3' || i + 1 == lower.size()) continue;
    // U+00C0 to U+00DE are the capitals of U+00E0 to U+00FE; U+00D7 is the sign of multiplication.
    const auto next = static_cast<unsigned char>(lower[++i]);
    if (next >= 0x80 && next <= 0x9e && next != 0x97) lower[i] = static_cast<char>(next + 0x20);
  }
  return lower;
}

std::vector<std::string_view> split_at_spaces(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string_view without_punctuation(std::string_view word) {
  while (!word.empty() && is_punctuation(word.front())) word.remove_prefix(1);
  while (!word.empty() && is_punctuation(word.back())) word.remove_suffix(1);
  return word;
}

bool is_stop_word(std::string_view word) {
  return std::binary_search(stop_words.begin(), stop_words.end(), word);
}

std::vector<std::pair<std::string_view, std::uint64_t>> most_common(
    const std::vector<std::string_view>& words, std::size_t limit) {
  std::unordered_map<std::string_view, std::uint64_t> counts;
  for (const std::string_view word : words) ++counts[word];
  std::vector<std::pair<std::string_view, std::uint64_t>> ranked(counts.begin(), counts.end());
  const auto before = [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  };
  const std::size_t kept = std::min(limit, ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(kept),
                    ranked.end(), before);
  ranked.resize(kept);
  return ranked;
}

}  // namespace regatta
