// SPDX-License-Identifier: Apache-2.0
#include "harness/gate/google_benchmark_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

namespace regatta {
namespace {

using nlohmann::json;

// Numbers of a row that are no counters.
const std::set<std::string> bookkeeping{"family_index", "per_family_instance_index",
                                        "repetitions",  "repetition_index",
                                        "threads",      "iterations",
                                        "real_time",    "cpu_time"};

std::string text_of(const json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_of(const json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_boolean() && found->get<bool>();
}

std::optional<double> seconds_per_unit(const std::string& unit) {
  if (unit == "ns" || unit.empty()) return 1e-9;
  if (unit == "us") return 1e-6;
  if (unit == "ms") return 1e-3;
  if (unit == "s") return 1.0;
  return std::nullopt;
}

std::optional<std::string> failure_of(const json& row) {
  const auto told = [&](const char* message) {
    const std::string text = text_of(row, message);
    return text.empty() ? text : ": " + text;
  };
  if (flag_of(row, "error_occurred")) return "reported an error" + told("error_message");
  if (flag_of(row, "skipped")) return "skipped it" + told("skip_message");
  return std::nullopt;
}

gate_epoch values_of(const json& row) {
  gate_epoch epoch;
  const auto unit = seconds_per_unit(text_of(row, "time_unit"));
  for (const auto& [key, value] : row.items()) {
    if (!value.is_number()) continue;
    if (key == "real_time" || key == "cpu_time") {
      if (unit) epoch.values[key] = value.get<double>() * *unit;
    } else if (!bookkeeping.contains(key)) {
      epoch.values[key] = value.get<double>();
    }
  }
  return epoch;
}

// Single runs count; a benchmark may be set to report no more than their aggregates.
std::variant<gate_epoch, gate_failure> outcome_of(const json& rows, const std::string& name) {
  std::vector<gate_epoch> runs;
  std::optional<gate_epoch> median;
  std::optional<gate_epoch> mean;
  for (const json& row : rows) {
    if (!row.is_object()) continue;
    if (text_of(row, "name") != name && text_of(row, "run_name") != name) continue;
    if (const auto why = failure_of(row)) return gate_failure{*why};
    const std::string aggregate = text_of(row, "aggregate_name");
    if (text_of(row, "run_type") != "aggregate") runs.push_back(values_of(row));
    if (aggregate == "median") median = values_of(row);
    if (aggregate == "mean") mean = values_of(row);
  }
  if (!runs.empty()) return median_of(runs);  // repetitions are one epoch
  if (median) return *median;
  if (mean) return *mean;
  return gate_failure{"ended without reporting it"};
}

}  // namespace

std::string without_bare_numbers(std::string_view json_text) {
  // The longest first; a sign before it goes as well.
  constexpr std::array<std::string_view, 5> bare{"Infinity", "infinity", "NaN", "nan", "inf"};
  std::string clean;
  clean.reserve(json_text.size());
  bool quoted = false;
  for (std::size_t at = 0; at < json_text.size(); ++at) {
    const char each = json_text[at];
    if (quoted && each == '\\' && at + 1 < json_text.size()) {
      clean.append(json_text.substr(at++, 2));
      continue;
    }
    if (each == '"') quoted = !quoted;
    if (!quoted && each != '"') {
      const std::size_t sign = each == '-' || each == '+' ? 1 : 0;
      const auto rest = json_text.substr(at + sign);
      const auto word = std::find_if(bare.begin(), bare.end(),
                                     [&](std::string_view w) { return rest.starts_with(w); });
      if (word != bare.end()) {
        clean += "null";
        at += sign + word->size() - 1;
        continue;
      }
    }
    clean += each;
  }
  return clean;
}

google_benchmark_output read_google_benchmark(std::string_view json_text, const std::string& name) {
  google_benchmark_output output;
  const json file = json::parse(without_bare_numbers(json_text), nullptr, false);
  if (file.is_discarded() || !file.is_object()) {
    output.outcome = gate_failure{"ended without writing its results as JSON"};
    return output;
  }
  if (const auto context = file.find("context"); context != file.end() && context->is_object()) {
    output.library_version = text_of(*context, "library_version");
  }
  const auto rows = file.find("benchmarks");
  output.outcome = rows != file.end() && rows->is_array()
                       ? outcome_of(*rows, name)
                       : gate_failure{"ended without reporting it"};
  return output;
}

}  // namespace regatta
