// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/service_level.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "harness/http_load/load_result.hpp"

namespace regatta::http_load {
namespace {

// A number that is more than 0, and what follows it.
std::optional<double> number_before(const std::string& text, std::string& unit) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0) || value > 1e12) return std::nullopt;
  unit.assign(end, text.data() + text.size());
  return value;
}

std::optional<double> seconds_of(const std::string& text) {
  std::string unit;
  const auto value = number_before(text, unit);
  if (!value || *value == 0) return std::nullopt;
  if (unit == "us" || unit == "µs") return *value * 1e-6;
  if (unit == "ms") return *value * 1e-3;
  if (unit == "s") return *value;
  return std::nullopt;
}

std::optional<double> share_of(const std::string& text) {
  std::string unit;
  const auto value = number_before(text, unit);
  if (!value) return std::nullopt;
  const double share = unit == "%" ? *value / 100 : *value;
  return (unit.empty() || unit == "%") && share < 1 ? std::optional(share) : std::nullopt;
}

std::optional<double> quantile_of(const std::string& text) {
  std::string rest;
  if (!text.starts_with('p')) return std::nullopt;
  const auto percent = number_before(text.substr(1), rest);
  if (!percent || !rest.empty() || *percent <= 0 || *percent >= 100) return std::nullopt;
  return *percent / 100;
}

// What failed is as slow as can be: a server that refuses quickly keeps no limit on its latency.
std::optional<double> latency_with_failures(double quantile, const load_tally& tally) {
  const auto timed = static_cast<double>(tally.latency.count());
  const double all = timed + static_cast<double>(tally.failures() - tally.timeouts);
  if (all * (1 - quantile) < 1 || all * quantile < 1) return std::nullopt;
  if (std::ceil(all * quantile) > timed) return std::numeric_limits<double>::infinity();
  const auto found = tally.latency.quantile(all * quantile / timed);
  return found ? found : tally.latency.max();
}

std::optional<double> measured(const service_level& level, const load_tally& tally) {
  switch (level.measure) {
    case level_measure::latency:
      return latency_with_failures(level.quantile, tally);
    case level_measure::first_token:
      return tally.first_token.quantile(level.quantile);
    case level_measure::inter_token:
      return tally.inter_token.quantile(level.quantile);
    case level_measure::errors:
      break;
  }
  if (tally.requests() == 0) return std::nullopt;
  return static_cast<double>(tally.failures() + tally.unsent) /
         static_cast<double>(tally.requests());
}

}  // namespace

std::optional<service_level> parse_service_level(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) return std::nullopt;
  std::string name = text.substr(0, equals);
  const std::string limit = text.substr(equals + 1);
  service_level level{.text = text};
  if (name == "errors") {
    level.measure = level_measure::errors;
    const auto share = share_of(limit);
    if (!share) return std::nullopt;
    level.limit = *share;
    return level;
  }
  if (name.starts_with("ttft.")) {
    level.measure = level_measure::first_token;
    name.erase(0, 5);
  } else if (name.starts_with("itl.")) {
    level.measure = level_measure::inter_token;
    name.erase(0, 4);
  }
  const auto quantile = quantile_of(name);
  const auto seconds = seconds_of(limit);
  if (!quantile || !seconds) return std::nullopt;
  level.quantile = *quantile;
  level.limit = *seconds;
  return level;
}

std::vector<level_outcome> judge(const std::vector<service_level>& levels, const load_tally& tally,
                                 bool client_was_bottleneck) {
  std::vector<level_outcome> outcomes;
  for (const service_level& level : levels) {
    level_outcome outcome{level, measured(level, tally), level_verdict::withheld};
    if (outcome.measured && !client_was_bottleneck) {
      outcome.verdict =
          *outcome.measured <= level.limit ? level_verdict::kept : level_verdict::missed;
    }
    outcomes.push_back(outcome);
  }
  return outcomes;
}

level_verdict worst_of(const std::vector<level_outcome>& outcomes) {
  const auto any = [&](level_verdict verdict) {
    return std::any_of(outcomes.begin(), outcomes.end(),
                       [&](const level_outcome& each) { return each.verdict == verdict; });
  };
  if (any(level_verdict::missed)) return level_verdict::missed;
  return any(level_verdict::withheld) ? level_verdict::withheld : level_verdict::kept;
}

}  // namespace regatta::http_load
