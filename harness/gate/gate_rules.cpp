// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/gate_rules.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace regatta {
namespace {

bool matches(const gate_rule& rule, const std::string& text) {
  return ::fnmatch(rule.pattern.c_str(), text.c_str(), 0) == 0;
}

}  // namespace

bool applies(const gate_rule& rule, std::string_view name, std::string_view metric) {
  if (!rule.metric.empty() && rule.metric != metric) return false;
  const std::string own(name);
  return matches(rule, own) || matches(rule, own + ":" + std::string(metric));
}

gate_rule rule_for(std::span<const gate_rule> rules, std::string_view name, std::string_view metric,
                   const gate_rule& defaults) {
  const auto last = std::find_if(rules.rbegin(), rules.rend(), [&](const gate_rule& rule) {
    return applies(rule, name, metric);
  });
  return last == rules.rend() ? defaults : *last;
}

std::vector<std::string> metrics_for(std::span<const gate_rule> rules, std::string_view name,
                                     std::span<const std::string> available) {
  std::vector<std::string> chosen;
  for (const std::string& metric : available) {
    const bool named = std::any_of(rules.begin(), rules.end(), [&](const gate_rule& rule) {
      return !rule.metric.empty() && applies(rule, name, metric);
    });
    if (named) chosen.push_back(metric);
  }
  if (chosen.empty() && !available.empty()) chosen.push_back(available.front());
  return chosen;
}

std::vector<std::string> idle_patterns(std::span<const gate_rule> rules,
                                       std::span<const gate_comparison> comparisons) {
  std::vector<std::string> idle;
  for (const gate_rule& rule : rules) {
    const bool used = std::any_of(
        comparisons.begin(), comparisons.end(),
        [&](const gate_comparison& each) { return applies(rule, each.name, each.metric); });
    if (!used) idle.push_back(rule.pattern);
  }
  return idle;
}

bool muted(const gate_rule& rule, std::string_view today) {
  // ISO 8601 dates sort as text.
  return !rule.mute_until.empty() && today.substr(0, rule.mute_until.size()) <= rule.mute_until;
}

bool blocks(const gate_comparison& comparison) {
  return comparison.verdict == gate_verdict::regressed &&
         comparison.rule.mode == gate_mode::block && !comparison.muted;
}

}  // namespace regatta
