// SPDX-License-Identifier: Apache-2.0
#include "workloads/mixed/retrieval_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>

#include "harness/interpreter/interpreter.hpp"

namespace regatta {
namespace {

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (auto at = text.begin();;) {
    const auto begin = std::find_if(at, text.end(), is_word_character);
    if (begin == text.end()) return words;
    at = std::find_if_not(begin, text.end(), is_word_character);
    words.push_back(text.substr(static_cast<std::size_t>(begin - text.begin()),
                                static_cast<std::size_t>(at - begin)));
  }
}

// A text as a point: how often each letter trigram occurs, hashed into 2048 dimensions.
using trigram_counts = std::array<std::int32_t, 2048>;

trigram_counts count_trigrams(std::string_view text) {
  trigram_counts counts{};
  std::uint32_t trigram = 0;
  for (const char c : text) {
    trigram = ((trigram << 8U) | static_cast<unsigned char>(lower(c))) & 0xffffffU;
    ++counts[(trigram * 0x9e3779b1U) >> 21U];
  }
  return counts;
}

std::int64_t dot(const trigram_counts& left, const trigram_counts& right) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < left.size(); ++i) sum += std::int64_t{left[i]} * right[i];
  return sum;
}

}  // namespace

std::string strip_markup(std::string_view html) {
  std::string text;
  text.reserve(html.size());
  const auto separate = [&text] {
    if (!text.empty() && text.back() != ' ') text += ' ';
  };
  // What was not found once is not in the rest either: a hostile text of '<' alone takes no n²
  // steps.
  bool comments_end = true;
  bool tags_end = true;
  while (!html.empty()) {
    interpreter::checkpoint();
    const char c = html.front();
    std::size_t length = 1;
    if (c == '<' || c == '&') {
      const bool comment = html.substr(0, 4) == "<!--";
      const std::string_view end = comment ? "-->" : c == '<' ? ">" : ";";
      bool& ends = comment ? comments_end : tags_end;
      // A lone '&' is no entity: the longest of HTML has 33 characters.
      const std::size_t found = c == '&' ? html.substr(0, 34).find(end)
                                : ends   ? html.find(end)
                                         : std::string_view::npos;
      const bool closed = found != std::string_view::npos;
      if (c == '<') ends = closed;
      if (closed) length = found + end.size();
      separate();
    } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
      separate();
    } else {
      text += c;
    }
    html.remove_prefix(length);
  }
  return text;
}

std::vector<std::string_view> overlapping_passages(std::string_view text, std::size_t words,
                                                   std::size_t step) {
  const std::vector<std::string_view> all = words_of(text);
  std::vector<std::string_view> passages;
  for (std::size_t first = 0; first < all.size(); first += step) {
    const std::string_view last = all[std::min(first + words, all.size()) - 1];
    const char* const begin = all[first].data();
    passages.emplace_back(begin, static_cast<std::size_t>(last.data() + last.size() - begin));
    if (first + words >= all.size()) break;
  }
  return passages;
}

std::vector<std::string> frequent_words(std::string_view text, std::size_t count) {
  std::map<std::string, std::size_t> counts;
  for (const std::string_view word : words_of(text)) {
    if (word.size() <= 4) continue;
    std::string lowered(word);
    std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
    ++counts[std::move(lowered)];
  }
  std::vector<std::pair<std::string, std::size_t>> ranked(counts.begin(), counts.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  ranked.resize(std::min(count, ranked.size()));
  std::vector<std::string> words;
  for (auto& [word, uses] : ranked) words.push_back(std::move(word));
  return words;
}

std::vector<std::string_view> closest_passages(std::vector<std::string_view> passages,
                                               std::string_view text, std::size_t count) {
  const trigram_counts wanted = count_trigrams(text);
  std::vector<std::pair<double, std::string_view>> ranked;
  for (const std::string_view passage : passages) {
    interpreter::checkpoint();
    const trigram_counts counts = count_trigrams(passage);
    // The cosine squared, less the factor that all passages share. Counts are not negative and the
    // sums are whole numbers: rounded once, the same everywhere.
    const auto product = static_cast<double>(dot(counts, wanted));
    const auto length = static_cast<double>(dot(counts, counts));
    ranked.emplace_back(length > 0 ? product * product / length : 0.0, passage);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string_view> closest;
  for (std::size_t i = 0; i < std::min(count, ranked.size()); ++i)
    closest.push_back(ranked[i].second);
  return closest;
}

}  // namespace regatta
