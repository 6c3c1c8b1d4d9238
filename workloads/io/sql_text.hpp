// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <string>
#include <variant>

#include "harness/sql.hpp"

namespace regatta {

/// Rows as lines of tab-separated values; a number as the shortest text that reads back the same.
inline std::string sql_text(const sql_rows& rows) {
  struct append_value {
    std::string& text;
    void operator()(std::nullptr_t) const { text += "NULL"; }
    void operator()(const std::string& value) const { text += value; }
    void operator()(std::int64_t value) const { text += std::to_string(value); }
    void operator()(double value) const {
      char digits[32];
      text.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
    }
  };
  std::string text;
  for (const sql_row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += '\t';
      std::visit(append_value{text}, row[i]);
    }
    text += '\n';
  }
  return text;
}

}  // namespace regatta
