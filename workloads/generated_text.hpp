// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "workloads/counter_random.hpp"
#include "workloads/servers/english_words.hpp"

namespace regatta {

// English-like text for datasets: its words, their frequencies and its layout are, its sense is
// not.

/// Any word, early ones more often than late ones (the smaller of two draws), as in real text.
inline std::string_view random_word(counter_random& random) {
  const auto first = random.below(english_words.size());
  const auto second = random.below(english_words.size());
  return english_words[std::min(first, second)];
}

/// A noun that belongs to some subject: what documents are about, and the database's keywords.
inline std::string_view random_topic(counter_random& random) {
  const auto topics = english_words.size() - common_english_words;
  return english_words[common_english_words + random.below(topics)];
}

/// Whole sentences in lines, until there are at least `size` bytes.
inline std::string generated_text(counter_random& random, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    const std::size_t begin = text.size();
    for (auto words = 5 + random.below(12); words > 0; --words) {
      text += random.below(4) == 0 ? random_topic(random) : random_word(random);
      if (words > 1) text += random.below(12) == 0 ? ", " : " ";
    }
    text[begin] = static_cast<char>(text[begin] - 'a' + 'A');  // the vocabulary is lower case
    text += random.below(5) == 0 ? ".\n" : ". ";
  }
  return text;
}

}  // namespace regatta
