// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "reports/matrix_result.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

/// A line a scenario, then a sentence for each answer that differs from the textbook's.
std::string render_matrix(const matrix_result& result, const terminal_style& style);

/// The same as a page of GitHub Flavored Markdown.
std::string render_matrix_markdown(const matrix_result& result);

/// What is unknown is null.
nlohmann::ordered_json make_matrix_json(const matrix_result& result);

}  // namespace regatta
