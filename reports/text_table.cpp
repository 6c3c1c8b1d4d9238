// SPDX-License-Identifier: Apache-2.0
#include "reports/text_table.hpp"

#include <algorithm>

namespace regatta {
namespace {

std::size_t width_of(const table_column& column) {
  std::size_t width = display_width(column.title);
  for (const std::string& cell : column.cells) width = std::max(width, display_width(cell));
  return width;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string space(width - std::min(width, display_width(text)), ' ');
  return right ? space + text : text + space;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

std::vector<std::string> render_table(std::vector<table_column> columns, std::size_t width) {
  const auto total = [&] {
    std::size_t sum = 0;
    for (const table_column& column : columns) sum += width_of(column) + 2;
    return sum == 0 ? 0 : sum - 2;
  };
  while (total() > width) {
    const auto least =
        std::max_element(columns.begin(), columns.end(),
                         [](const auto& a, const auto& b) { return a.importance < b.importance; });
    if (least == columns.end() || least->importance == 0) break;
    columns.erase(least);
  }
  std::size_t rows = 0;
  for (const table_column& column : columns) rows = std::max(rows, column.cells.size());
  std::vector<std::string> lines(rows + 1);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::size_t column_width = width_of(columns[i]);
    for (std::size_t row = 0; row <= rows; ++row) {
      const bool has = row == 0 || row - 1 < columns[i].cells.size();
      const std::string& cell = row == 0 ? columns[i].title : columns[i].cells[row - 1];
      if (i > 0) lines[row] += "  ";
      lines[row] += padded(has ? cell : std::string(), column_width, columns[i].right);
    }
  }
  for (std::string& line : lines) line.erase(line.find_last_not_of(' ') + 1);
  return lines;
}

std::string wrap(std::string_view text, std::string_view first, std::size_t width) {
  std::string result(first);
  const std::size_t indent = display_width(first);
  std::size_t used = indent;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t space = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, space - at);
    const std::size_t size = display_width(word);
    const bool line_start = used == indent;
    if (!line_start && used + 1 + size > width) {
      result += "\n" + std::string(indent, ' ');
      used = indent;
    } else if (!line_start) {
      result += ' ';
      ++used;
    }
    result += word;
    used += size;
    at = space + 1;
  }
  return result;
}

}  // namespace regatta
