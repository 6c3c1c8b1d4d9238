// SPDX-License-Identifier: Apache-2.0
#include "harness/sql/postgresql_text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>

namespace regatta {
namespace {

constexpr postgresql_type bool_type = 16;
constexpr postgresql_type int8_type = 20;
constexpr postgresql_type int2_type = 21;
constexpr postgresql_type int4_type = 23;
constexpr postgresql_type text_type = 25;
constexpr postgresql_type float4_type = 700;
constexpr postgresql_type float8_type = 701;
constexpr postgresql_type numeric_type = 1700;

/// The end of what begins at `begin` and is to be left alone: a quoted text, a quoted name or a
/// comment. `begin` itself if nothing of the kind begins there.
std::size_t end_of_verbatim(std::string_view text, std::size_t begin) {
  const auto after = [&](std::string_view mark, std::size_t from) {
    const std::size_t found = text.find(mark, from);
    return found == std::string_view::npos ? text.size() : found + mark.size();
  };
  const std::string_view rest = text.substr(begin);
  // A doubled quote inside ends one quoted text and begins the next: the same in the end.
  if (rest.starts_with('\'')) return after("'", begin + 1);
  if (rest.starts_with('"')) return after("\"", begin + 1);
  if (rest.starts_with("--")) return after("\n", begin + 2);
  if (rest.starts_with("/*")) return after("*/", begin + 2);
  return begin;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

double to_double(std::string_view text) {
  // from_chars reads "nan" and "inf", but not the server's "Infinity" with a sign before it.
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (const auto value = number<double>(text)) return *value;
  throw std::invalid_argument("'" + std::string(text) + "' is no number of PostgreSQL");
}

struct render {
  std::optional<std::string> operator()(std::nullptr_t) const { return std::nullopt; }
  std::optional<std::string> operator()(std::int64_t value) const { return std::to_string(value); }
  std::optional<std::string> operator()(double value) const {
    char digits[32];
    return std::string(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
  }
  std::optional<std::string> operator()(const std::string& value) const {
    if (value.find('\0') == std::string::npos) return value;
    throw std::invalid_argument("a text with a zero byte, which PostgreSQL cannot hold");
  }
};

struct type_of {
  postgresql_type operator()(std::nullptr_t) const { return 0; }
  postgresql_type operator()(std::int64_t) const { return int8_type; }
  postgresql_type operator()(double) const { return float8_type; }
  postgresql_type operator()(const std::string&) const { return text_type; }
};

}  // namespace

std::string numbered_placeholders(std::string_view text) {
  std::string translated;
  unsigned largest = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t end = end_of_verbatim(text, at); end > at) {
      translated += text.substr(at, end - at);
      at = end;
      continue;
    }
    if (text[at] != '?') {
      translated += text[at++];
      continue;
    }
    const char* const digits = text.data() + at + 1;
    unsigned position = 0;
    const auto [stop, error] = std::from_chars(digits, text.data() + text.size(), position);
    if (error != std::errc()) position = largest + 1;
    largest = std::max(largest, position);
    translated += '$' + std::to_string(position);
    at = static_cast<std::size_t>((error == std::errc() ? stop : digits) - text.data());
  }
  return translated;
}

std::optional<std::string> parameter_text(const sql_value& value) {
  return std::visit(render{}, value);
}

postgresql_type parameter_type(const sql_value& value) { return std::visit(type_of{}, value); }

sql_value value_of(postgresql_type type, std::string_view text) {
  switch (type) {
    case bool_type:
      return std::int64_t{text == "t"};
    case int2_type:
    case int4_type:
    case int8_type:
      if (const auto value = number<std::int64_t>(text)) return *value;
      throw std::invalid_argument("'" + std::string(text) + "' is no integer of PostgreSQL");
    case numeric_type:
      if (const auto value = number<std::int64_t>(text)) return *value;
      return to_double(text);
    case float4_type:
    case float8_type:
      return to_double(text);
    default:
      return std::string(text);
  }
}

std::string in_one_line(std::string_view words) {
  std::string line;
  for (const char each : words) {
    const bool space = each == '\n' || each == '\t' || each == '\r' || each == ' ';
    if (!space) {
      line += each;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (line.ends_with(' ') || line.ends_with('.')) line.pop_back();
  return line;
}

}  // namespace regatta
