// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

/// The little that all readers of /proc, /sys and cgroup files share.
namespace regatta::proc_text {

/// nullopt if it cannot be opened or read to its end: a process may end between the two.
std::optional<std::string> read_file(const std::filesystem::path& path);

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\n\r";
  const auto begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

/// Cuts off and returns what stands before the first `separator` (all, if there is none).
inline std::string_view next_field(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const std::string_view field = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return field;
}

/// The next word of a blank-separated line; empty at its end.
inline std::string_view next_word(std::string_view& rest) {
  const auto begin = rest.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return rest = {};
  rest.remove_prefix(begin);
  const auto end = rest.find_first_of(" \t");
  const std::string_view word = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  return word;
}

/// The whole text is one number, blanks around it aside.
template <class Number>
std::optional<Number> number(std::string_view text) {
  text = trimmed(text);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The whole text is one number in base 16, with or without "0x".
inline std::optional<std::uint64_t> hexadecimal(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// What follows `name` and ':' or a blank on a line of its own: "Threads:\t4", "nr_periods 12".
inline std::optional<std::string_view> value_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    std::string_view line = next_field(text, '\n');
    if (!line.starts_with(name)) continue;
    line.remove_prefix(name.size());
    // "model name\t: AMD": the name ends here and not in the middle of a longer one.
    std::string_view value = line;
    const auto colon = line.find_first_not_of(" \t");
    if (colon != std::string_view::npos && line[colon] == ':') {
      value.remove_prefix(colon + 1);
    } else if (colon == 0) {
      continue;
    }
    return trimmed(value);
  }
  return std::nullopt;
}

/// As value_of, for a count; a unit after it (" kB") is left to the caller.
inline std::optional<std::uint64_t> count_of(std::string_view text, std::string_view name) {
  auto value = value_of(text, name);
  if (!value) return std::nullopt;
  return number<std::uint64_t>(next_word(*value));
}

}  // namespace regatta::proc_text
