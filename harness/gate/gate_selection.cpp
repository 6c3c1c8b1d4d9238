// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/gate_selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>
#include <stdexcept>

#include "harness/gate/gate_rules.hpp"

namespace regatta {
namespace {

using names = std::vector<std::string>;

bool contains(const names& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// The names of `these` that are not among `those`.
names without(const names& these, const names& those) {
  names rest;
  std::copy_if(these.begin(), these.end(), std::back_inserter(rest),
               [&](const std::string& each) { return !contains(those, each); });
  return rest;
}

names filtered(const names& all, const std::string& filter) {
  if (filter.empty()) return all;
  const bool keep_others = filter.starts_with('-');
  const std::string expression = filter.substr(keep_others ? 1 : 0);
  names kept;
  try {
    const std::regex pattern(expression);
    std::copy_if(all.begin(), all.end(), std::back_inserter(kept), [&](const std::string& each) {
      return std::regex_search(each, pattern) != keep_others;
    });
  } catch (const std::regex_error& error) {
    throw std::invalid_argument(
        fmt::format("the filter '{}' is no regular expression: {}", expression, error.what()));
  }
  return kept;
}

names names_of(const std::vector<gate_metric>& metrics) {
  names all;
  for (const gate_metric& each : metrics) all.push_back(each.name);
  return all;
}

// Metrics that somebody asks for and a benchmark may lack.
names wanted_extras(const gate_settings& settings, const names& standing) {
  names extras;
  const auto want = [&](const std::string& metric) {
    if (!metric.empty() && !contains(standing, metric) && !contains(extras, metric)) {
      extras.push_back(metric);
    }
  };
  for (const std::string& metric : settings.metrics) want(metric);
  for (const gate_rule& rule : settings.rules) want(rule.metric);
  return extras;
}

// All that the benchmark reports; if it fails, it is taken to report everything, so that the gate
// measures it and says how it fails.
names available_metrics(const std::string& name, names standing, const names& extras,
                        gate_subject& baseline) {
  if (extras.empty()) return standing;
  const auto outcome = baseline.measure(name, 0);
  const auto* const epoch = std::get_if<gate_epoch>(&outcome);
  for (const std::string& metric : extras) {
    if (epoch == nullptr || epoch->values.contains(metric)) standing.push_back(metric);
  }
  return standing;
}

}  // namespace

gate_metric describe_metric(const std::string& name, const std::vector<gate_metric>& standing) {
  for (const gate_metric& each : standing) {
    if (each.name == name) return each;
  }
  if (name == "bytes_per_second") return {name, "bytes/s", gate_direction::larger};
  if (name.ends_with("_per_second")) return {name, "/s", gate_direction::larger};
  return {name, "", gate_direction::smaller};
}

gate_selection select_comparisons(const gate_settings& settings, gate_subject& baseline,
                                  gate_subject& candidate, const std::string& today) {
  gate_selection selection;
  const names all_left = baseline.names();
  const names all_right = candidate.names();
  const names left = filtered(all_left, settings.filter);
  const names right = filtered(all_right, settings.filter);
  if (left.empty() && right.empty()) {
    if (all_left.empty() && all_right.empty()) {
      throw std::invalid_argument("neither side has any benchmark");
    }
    throw std::invalid_argument(
        fmt::format("the filter '{}' matches none of the {} benchmarks; the first is called {}",
                    settings.filter, std::max(all_left.size(), all_right.size()),
                    all_left.empty() ? all_right.front() : all_left.front()));
  }
  selection.only_baseline = without(left, right);
  selection.only_candidate = without(right, left);
  const names common = without(left, selection.only_baseline);
  if (common.empty()) {
    throw std::invalid_argument(fmt::format(
        "the two sides have no benchmark in common: the baseline has {}, the candidate {}",
        left.empty() ? "none" : left.front() + " …",
        right.empty() ? "none" : right.front() + " …"));
  }

  const std::vector<gate_metric> standing = baseline.metrics();
  const names extras = wanted_extras(settings, names_of(standing));
  std::set<std::string> seen;  // metrics that some benchmark reports
  bool any_on = false;
  for (const std::string& name : common) {
    const names available = available_metrics(name, names_of(standing), extras, baseline);
    seen.insert(available.begin(), available.end());
    names chosen = settings.metrics;
    std::erase_if(chosen, [&](const std::string& each) { return !contains(available, each); });
    for (const std::string& each : without(settings.metrics, chosen)) {
      selection.warnings.push_back(fmt::format("{} reports no {}", name, each));
    }
    if (settings.metrics.empty()) chosen = metrics_for(settings.rules, name, available);
    for (const std::string& metric : chosen) {
      gate_comparison what;
      what.name = name;
      what.rule = rule_for(settings.rules, name, metric, settings.defaults);
      any_on = any_on || what.rule.mode != gate_mode::off;
      const gate_metric described = describe_metric(metric, standing);
      what.metric = metric;
      what.unit = described.unit;
      what.better = what.rule.direction.value_or(described.better);
      what.muted = muted(what.rule, today);
      selection.comparisons.push_back(std::move(what));
    }
  }
  for (const std::string& metric : settings.metrics) {
    if (seen.contains(metric)) continue;
    throw std::invalid_argument(fmt::format("no benchmark reports '{}'; all of them report {}",
                                            metric, fmt::join(names_of(standing), ", ")));
  }
  if (!any_on) {
    throw std::invalid_argument(
        "the gate file turns every benchmark off: nothing is left to compare");
  }
  return selection;
}

}  // namespace regatta
