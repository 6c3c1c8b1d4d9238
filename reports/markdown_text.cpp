// SPDX-License-Identifier: Apache-2.0
#include "reports/markdown_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/utf8.hpp"

namespace regatta {
namespace {

constexpr std::string_view markup = "\\`*_[]<>|~&$";

std::string on_one_line(std::string_view text) {
  std::string line = valid_utf8(text);
  std::replace_if(
      line.begin(), line.end(), [](char each) { return static_cast<unsigned char>(each) < 0x20; },
      ' ');
  return line;
}

}  // namespace

std::string markdown_text(std::string_view text) {
  std::string out;
  for (const char each : on_one_line(text)) {
    if (markup.find(each) != std::string_view::npos) out += '\\';
    out += each;
  }
  return out;
}

std::string markdown_code(std::string_view text) {
  const std::string line = on_one_line(text);
  if (line.find_first_not_of(' ') == std::string::npos) return "";
  if (line.find_first_of("`|") == std::string::npos) return "`" + line + "`";
  // A table is split at its bars before code is looked at, and the ways to escape one differ in
  // code inside and outside of tables: entities are the same everywhere.
  std::string code;
  for (const char each : line) {
    if (markup.find(each) != std::string_view::npos) {
      code += fmt::format("&#{};", static_cast<int>(each));
    } else {
      code += each;
    }
  }
  return "<code>" + code + "</code>";
}

std::string markdown_row(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string markdown_details(std::string_view title, const std::string& body) {
  // Markdown within HTML needs an empty line on either side.
  const std::string trimmed = body.substr(0, body.find_last_not_of('\n') + 1);
  return fmt::format("<details><summary>{}</summary>\n\n{}\n\n</details>\n", title, trimmed);
}

}  // namespace regatta
