// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/command_words.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "harness/gate/executable.hpp"

namespace regatta {

std::vector<std::string> split_command(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;  // "" is a word as well
  char quote = 0;
  const auto add = [&](char each) {
    if (!in_word) words.emplace_back();
    in_word = true;
    words.back() += each;
  };
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char each = line[at];
    const char next = at + 1 < line.size() ? line[at + 1] : '\0';
    const bool special =
        std::string_view(quote == 0 ? "|&;<>$`" : "$`").find(each) != std::string_view::npos;
    if (quote != '\'' && special) {
      throw std::invalid_argument(
          fmt::format("the command '{}' is started without a shell, which '{}' needs: quote it, or "
                      "give --shell",
                      line, each));
    }
    if (quote == 0 && (each == '\'' || each == '"')) {
      quote = each;
      if (!in_word) words.emplace_back();
      in_word = true;
    } else if (quote != 0 && each == quote) {
      quote = 0;
    } else if (quote == 0 && (each == ' ' || each == '\t' || each == '\n')) {
      in_word = false;
    } else if (each == '\\' && next != '\0' &&
               (quote == 0 || (quote == '"' && (next == '"' || next == '\\')))) {
      add(next);
      ++at;
    } else {
      add(each);
    }
  }
  if (quote != 0) {
    throw std::invalid_argument(
        fmt::format("the command '{}' has a {} without its end", line, quote));
  }
  if (words.empty()) throw std::invalid_argument("the command is empty");
  return words;
}

command_words parse_command(const std::string& text) {
  if (auto program = find_program(text)) return {std::move(*program), {}};
  std::vector<std::string> words = split_command(text);
  auto program = find_program(words.front());
  if (!program) {
    throw std::invalid_argument(
        fmt::format("there is no program '{}' that could be started", words.front()));
  }
  words.erase(words.begin());
  return {std::move(*program), std::move(words)};
}

}  // namespace regatta
