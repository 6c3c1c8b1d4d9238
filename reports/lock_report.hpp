// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/lock_impact/lock_result.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

/// What the interpreter-lock models cost, by kind of work: a table for people.
std::string render_lock_impact(const lock_impact_result& result, const terminal_style& style);
/// The same as a Markdown table, for docs/interpreter-lock.md.
std::string render_lock_impact_markdown(const lock_impact_result& result);
nlohmann::ordered_json make_lock_impact_json(const lock_impact_result& result);

/// How well the model predicts a real interpreter.
std::string render_lock_check(const lock_check_result& result, const terminal_style& style);
nlohmann::ordered_json make_lock_check_json(const lock_check_result& result);

}  // namespace regatta
