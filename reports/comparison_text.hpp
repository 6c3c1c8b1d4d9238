// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "reports/run_comparison.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

std::string render_comparison(const run_comparison& comparison, const terminal_style& style);
std::string render_comparison_markdown(const run_comparison& comparison);

}  // namespace regatta
