// SPDX-License-Identifier: Apache-2.0
#include "reports/terminal_style.hpp"

#include <fmt/format.h>

namespace regatta {

std::string paint(const terminal_style& style, const char* code, const std::string& text) {
  return style.color ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
}

std::string lines_of(const std::vector<table_column>& columns, const terminal_style& style) {
  std::string out;
  for (const std::string& line : render_table(columns, style.columns)) out += line + "\n";
  return out;
}

}  // namespace regatta
