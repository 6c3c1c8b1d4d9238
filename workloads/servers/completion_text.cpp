// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/completion_text.hpp"

#include "harness/digest.hpp"
#include "workloads/servers/english_words.hpp"

namespace regatta {

completion_text::completion_text(std::string_view model, std::string_view messages_json)
    : key_(mix64(digest_of(as_bytes(model))) ^ digest_of(as_bytes(messages_json))) {}

std::uint64_t completion_text::word(unsigned index) const { return mix64(key_ + index); }

bool completion_text::ends_sentence(unsigned index) const { return (word(index) >> 32U) % 10 == 0; }

std::string completion_text::token(unsigned index) const {
  std::string text = index == 0 ? "" : " ";
  const std::size_t start = text.size();
  text += english_words[word(index) % english_words.size()];
  const bool begins_sentence = index == 0 || ends_sentence(index - 1);
  if (begins_sentence) text[start] = static_cast<char>(text[start] - 'a' + 'A');
  if (ends_sentence(index)) text += '.';
  return text;
}

std::string completion_text::first(unsigned tokens) const {
  std::string text;
  for (unsigned index = 0; index < tokens; ++index) text += token(index);
  return text;
}

}  // namespace regatta
