// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace regatta::test {

/// Bars that separate cells, of each row of the Markdown tables in `text`.
inline std::vector<std::size_t> bars_of_rows(const std::string& text) {
  std::vector<std::size_t> rows;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("|")) continue;
    rows.push_back(0);
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\') {
        ++i;
      } else if (line[i] == '|') {
        ++rows.back();
      }
    }
  }
  return rows;
}

}  // namespace regatta::test
