// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reports/text_table.hpp"

namespace regatta {

struct terminal_style {
  std::size_t columns = 100;
  bool color = false;
};

/// Codes of paint().
constexpr const char* bold = "1";
constexpr const char* dim = "2";
constexpr const char* green = "32";
constexpr const char* yellow = "33";

/// The text in a colour, if the style has any.
std::string paint(const terminal_style& style, const char* code, const std::string& text);

/// render_table() as wide as the terminal, each line ended.
std::string lines_of(const std::vector<table_column>& columns, const terminal_style& style);

}  // namespace regatta
