// SPDX-License-Identifier: Apache-2.0
#include "reports/gate_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "reports/nearest.hpp"

namespace regatta {
namespace {

using nlohmann::json;

const std::vector<std::string> rule_keys{"match", "metric",     "direction", "margin",
                                         "mode",  "mute_until", "reason"};

std::invalid_argument mistake(const std::string& where, const std::string& what) {
  return std::invalid_argument(where + ": " + what);
}

json parse(std::string_view text, const std::string& name) {
  try {
    return json::parse(text, nullptr, true, true);
  } catch (const json::parse_error& error) {
    // The text before the byte that was one too many.
    const std::string_view before = text.substr(0, error.byte > 0 ? error.byte - 1 : 0);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
    const std::string said = error.what();
    const auto reason = said.rfind(" - ");  // what follows is about the text, not the library
    throw mistake(fmt::format("{}, line {}, column {}", name, line, column),
                  "not JSON" + (reason == std::string::npos ? std::string()
                                                            : ": " + said.substr(reason + 3)));
  }
}

void check_keys(const json& object, const std::vector<std::string>& known,
                const std::string& where) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw mistake(where, fmt::format("unknown key '{}'{}", key, suggestion(key, known)));
    }
  }
}

std::optional<std::string> text_of(const json& rule, const char* key, const std::string& where) {
  const auto found = rule.find(key);
  if (found == rule.end()) return std::nullopt;
  if (!found->is_string()) {
    throw mistake(where, fmt::format("{} is a text in quotes, not {}", key, found->dump()));
  }
  const auto text = found->get<std::string>();
  if (text.empty()) throw mistake(where, fmt::format("{} is empty", key));
  return text;
}

// fnmatch() takes such a pattern by the letter, which nobody means.
void check_glob(const std::string& pattern, const std::string& where) {
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\') {  // the next one stands for itself
      if (++at < pattern.size()) continue;
      throw mistake(where, fmt::format("match '{}' ends in a backslash", pattern));
    }
    if (pattern[at] != '[') continue;
    // A ']' that comes first, or after '!', stands for itself.
    const std::size_t first = at + (pattern.substr(at + 1, 1) == "!" ? 2 : 1);
    const auto close = pattern.find(']', first + 1);
    if (close == std::string::npos) {
      throw mistake(where, fmt::format("match '{}' has a '[' without its ']'; write \\\\[ for the "
                                       "character itself",
                                       pattern));
    }
    at = close;
  }
}

void check_date(const std::string& text, const std::string& where) {
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  const auto number = [&](std::size_t from, std::size_t size, unsigned& value) {
    const char* const begin = text.data() + from;
    return std::from_chars(begin, begin + size, value).ptr == begin + size;
  };
  const bool formed = text.size() == 10 && text[4] == '-' && text[7] == '-' && number(0, 4, year) &&
                      number(5, 2, month) && number(8, 2, day);
  using namespace std::chrono;
  if (!formed || !year_month_day(std::chrono::year(static_cast<int>(year)),
                                 std::chrono::month(month), std::chrono::day(day))
                      .ok()) {
    throw mistake(where,
                  fmt::format("mute_until is a date like 2026-03-31 (to the end of that day, UTC), "
                              "not '{}'",
                              text));
  }
}

template <class Value>
Value one_of(const std::string& text, const char* key,
             const std::vector<std::pair<std::string, Value>>& known, const std::string& where) {
  std::vector<std::string> names;
  for (const auto& [name, value] : known) {
    if (name == text) return value;
    names.push_back(name);
  }
  throw mistake(where, fmt::format("{} is {}, not '{}'", key, fmt::join(names, " or "), text));
}

gate_rule parse_rule(const json& object, gate_rule rule, const std::string& where) {
  if (!object.is_object()) {
    throw mistake(where, fmt::format("a rule is an object like {{\"match\": \"BM_*\", \"margin\": "
                                     "\"5%\"}}, not {}",
                                     object.dump()));
  }
  check_keys(object, rule_keys, where);
  const auto text = [&](const char* key) { return text_of(object, key, where); };
  const auto pattern = text("match");
  if (!pattern) throw mistake(where, "match is missing: which comparisons is the rule for?");
  check_glob(*pattern, where);
  rule.pattern = *pattern;
  if (const auto metric = text("metric")) rule.metric = *metric;
  if (const auto direction = text("direction")) {
    rule.direction = one_of<gate_direction>(
        *direction, "direction",
        {{"smaller", gate_direction::smaller}, {"larger", gate_direction::larger}}, where);
  }
  if (const auto found = object.find("margin"); found != object.end()) {
    const auto margin = found->is_string() ? parse_margin(found->get<std::string>()) : std::nullopt;
    if (!margin) {
      throw mistake(where, fmt::format("margin is a text like \"5%\", from 0% to 1000%, not {}",
                                       found->dump()));
    }
    rule.margin = *margin;
  }
  if (const auto mode = text("mode")) {
    rule.mode = one_of<gate_mode>(
        *mode, "mode",
        {{"block", gate_mode::block}, {"warn", gate_mode::warn}, {"off", gate_mode::off}}, where);
  }
  if (const auto reason = text("reason")) rule.reason = *reason;
  if (const auto until = text("mute_until")) {
    check_date(*until, where);
    if (rule.reason.empty()) {
      throw mistake(where, "mute_until without a reason: say why, so that somebody can unmute it");
    }
    rule.mute_until = *until;
  }
  return rule;
}

}  // namespace

std::vector<gate_rule> parse_gate_file(std::string_view json_text, const std::string& name,
                                       const gate_rule& defaults) {
  const json file = parse(json_text, name);
  if (!file.is_object()) {
    throw mistake(name, "a gate file is a JSON object like {\"rules\": […]}");
  }
  check_keys(file, {"rules"}, name);
  const auto found = file.find("rules");
  if (found == file.end() || !found->is_array()) {
    throw mistake(name, "rules is missing or not a list: {\"rules\": [{\"match\": …}]}");
  }
  std::vector<gate_rule> rules;
  for (const json& each : *found) {
    rules.push_back(parse_rule(each, defaults, fmt::format("{}, rule {}", name, rules.size() + 1)));
  }
  return rules;
}

std::optional<double> parse_margin(std::string_view text) {
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const bool known = error == std::errc() && (unit == "%" || unit == " %");
  if (!known || !(percent >= 0 && percent <= 1000)) return std::nullopt;
  return percent / 100;
}

}  // namespace regatta
