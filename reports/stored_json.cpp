// SPDX-License-Identifier: Apache-2.0
#include "reports/stored_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace regatta {
namespace {

using nlohmann::json;

constexpr const char* blank = " \t\r\n";

// "line 3, column 7" of the byte with this number, from 1.
std::string place_of(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte > 0 ? byte - 1 : 0);
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("line {}, column {}", 1 + std::count(before.begin(), before.end(), '\n'),
                     before.size() - line_start + 1);
}

json parse(std::string_view text) {
  if (text.find_first_not_of(blank) == std::string_view::npos) throw bad_report("is empty");
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    const std::string place = place_of(text, error.byte);
    // What ends early is read to its last byte and found wanting there.
    const bool cut_off = text.find_first_not_of(blank) == text.find('{') &&
                         error.byte > text.find_last_not_of(blank) + 1;
    if (cut_off) {
      throw bad_report(fmt::format(
          "ends in the middle, at {}: it was cut off; copy it again, or run again", place));
    }
    throw bad_report(fmt::format("is not JSON from {} on", place));
  } catch (const json::out_of_range&) {
    throw bad_report("has a number that is larger than any that can be stored");
  }
}

bool has(const json& object, std::initializer_list<const char*> names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const char* name) { return object.contains(name); });
}

// Whose JSON it is, of the kinds that people are likely to have at hand.
std::string guess(const json& document) {
  if (!document.is_object()) return "is JSON, but not a regatta report";
  if (has(document, {"context", "benchmarks"})) {
    return "is a Google Benchmark file, not a regatta report; regatta gate runs two such programs "
           "side by side";
  }
  if (has(document, {"machine_info", "benchmarks"})) {
    return "is a pytest-benchmark file, not a regatta report";
  }
  if (has(document, {"results"}) && document["results"].is_array() &&
      !document["results"].empty() && has(document["results"][0], {"command", "times"})) {
    return "is a hyperfine file, not a regatta report; regatta gate runs two commands side by side";
  }
  if (has(document, {"workloads"})) {
    return "is not a regatta report; if it is a suite file, give it to regatta run";
  }
  if (has(document, {"rules"})) {
    return "is not a regatta report; if it is a gate file, give it to regatta gate";
  }
  return "is JSON, but not a regatta report";
}

std::string writer_of(const json& document) {
  const json& version = document["generator"].value("version", json());
  return version.is_string() ? "regatta " + version.get<std::string>() : "another regatta";
}

bool alike(const json& a, const json& b) {
  if (!a.is_number() || !b.is_number()) return a == b;
  const double x = a.get<double>();
  const double y = b.get<double>();
  return std::abs(x - y) <= 1e-9 * std::max(std::abs(x), std::abs(y));
}

std::string shown(const json& value) {
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  return value.is_object() ? "an object" : value.dump();
}

// Whatever follows from other members, or may not be there because of them, comes out otherwise
// when the report is written again.
std::optional<std::string> difference_at(const json& file, const json& again,
                                         const json::json_pointer& at) {
  if (file.is_object() && again.is_object()) {
    for (const auto& [name, value] : again.items()) {
      if (!file.contains(name)) continue;
      if (auto found = difference_at(file[name], value, at / name)) return found;
    }
    return std::nullopt;
  }
  if (file.is_array() && again.is_array() && file.size() == again.size()) {
    for (std::size_t i = 0; i < file.size(); ++i) {
      if (auto found = difference_at(file[i], again[i], at / i)) return found;
    }
    return std::nullopt;
  }
  if (alike(file, again)) return std::nullopt;
  return fmt::format("{} is {}, but by the rest of the report it is {}", at.to_string(),
                     shown(file), shown(again));
}

}  // namespace

json parse_stored_json(std::string_view text) {
  json document = parse(text);
  const bool ours = document.is_object() && document.contains("generator") &&
                    document["generator"].is_object() &&
                    document["generator"].value("name", json()) == "regatta";
  if (!ours) throw bad_report(guess(document));
  return document;
}

report_schema kind_of(const json& document) {
  if (document.contains("kind")) {
    for (const report_schema which : all_report_schemas) {
      if (which != report_schema::run && document["kind"] == kind_name(which)) return which;
    }
    throw bad_report(fmt::format("is what regatta wrote of kind {}, not a report of a run",
                                 document["kind"].dump()));
  }
  if (!document.contains("workloads")) {
    throw bad_report("was written by regatta, but is the report of neither a run nor a gate");
  }
  return report_schema::run;
}

void check_stored_json(const json& document, report_schema which, int version) {
  const json& theirs = document.value("schema_version", json());
  if (!theirs.is_number_integer()) throw bad_report("has no schema_version: it was damaged");
  if (theirs < version) {
    throw bad_report(fmt::format(
        "was written by {} with schema version {}, which this regatta no longer reads (it reads "
        "{}): run again, or use that regatta",
        writer_of(document), theirs.dump(), version));
  }
  if (theirs > version) {
    throw bad_report(fmt::format(
        "was written by {} with schema version {}, which is newer than this regatta reads ({}): "
        "use that regatta, or update this one",
        writer_of(document), theirs.dump(), version));
  }
  const auto faults = schema_violations(document, which);
  if (faults.empty()) return;
  const std::string more =
      faults.size() == 1 ? "" : fmt::format(" (and {} more)", faults.size() - 1);
  throw bad_report(fmt::format("was changed by hand or damaged: {}{}", faults.front(), more));
}

std::optional<std::string> first_difference(const json& document, const json& again,
                                            const char* part) {
  return difference_at(document.at(part), again.at(part), json::json_pointer() / part);
}

}  // namespace regatta
