// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace regatta {

// Pieces of GitHub Flavored Markdown that show any text as it is.

/// Prose: markup is escaped, line breaks become spaces.
std::string markdown_text(std::string_view text);

/// A name, as code; also in a table.
std::string markdown_code(std::string_view text);

/// "| a | b |"; the cells are Markdown already.
std::string markdown_row(const std::vector<std::string>& cells);

/// A folded section; `body` is Markdown.
std::string markdown_details(std::string_view title, const std::string& body);

}  // namespace regatta
