// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace regatta {

struct table_column {
  std::string title;
  bool right = true;   ///< alignment
  int importance = 1;  ///< the least important go first when the terminal is narrow; 0 never goes
  std::vector<std::string> cells;
};

/// Columns two spaces apart, no line wider than `width` unless the columns that never go are. Lines
/// have no trailing spaces; widths are counted in characters, not bytes.
std::vector<std::string> render_table(std::vector<table_column> columns, std::size_t width);

/// Characters of UTF-8 text, each taken as one column wide.
std::size_t display_width(std::string_view text);

/// Breaks at spaces; the first line begins with `first`, the others with as many spaces.
std::string wrap(std::string_view text, std::string_view first, std::size_t width);

}  // namespace regatta
