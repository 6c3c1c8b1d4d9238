// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/gate/gate_result.hpp"

namespace regatta {

/// Whether the rule's glob matches `name` or "name:metric", and the rule is not for another metric.
/// '*' matches '/' as well.
bool applies(const gate_rule& rule, std::string_view name, std::string_view metric);

/// The last rule that applies, whole; `defaults` if none does.
gate_rule rule_for(std::span<const gate_rule> rules, std::string_view name, std::string_view metric,
                   const gate_rule& defaults);

/// What `name` is judged by, of the metrics it has (its own first one first): those that rules
/// matching it name, or else the first.
std::vector<std::string> metrics_for(std::span<const gate_rule> rules, std::string_view name,
                                     std::span<const std::string> available);

/// Patterns of the rules that apply to none of the comparisons: most likely a misspelling.
std::vector<std::string> idle_patterns(std::span<const gate_rule> rules,
                                       std::span<const gate_comparison> comparisons);

/// `today` is an ISO 8601 date or time of UTC, like "2026-03-31" or environment::started_at.
bool muted(const gate_rule& rule, std::string_view today);

/// Regressed, the rule says block, and it is not muted.
bool blocks(const gate_comparison& comparison);

}  // namespace regatta
