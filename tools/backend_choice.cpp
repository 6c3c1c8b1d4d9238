// SPDX-License-Identifier: Apache-2.0
#include "tools/backend_choice.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "harness/backend.hpp"
#include "reports/nearest.hpp"
#include "tools/name_list.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

bool is_whole_number(const std::string& text, unsigned least) {
  unsigned value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && value >= least;
}

void check_value(const std::string& backend, const backend_option& option,
                 const std::string& value) {
  const auto fail = [&](const std::string& takes) {
    throw usage_error(fmt::format("option '{}' of backend {} takes {}, not '{}'", option.name,
                                  backend, takes, value));
  };
  if (option.is_text) return;
  if (!option.choices.empty()) {
    const auto found = std::find(option.choices.begin(), option.choices.end(), value);
    if (found == option.choices.end()) fail(fmt::format("{}", fmt::join(option.choices, ", ")));
    return;
  }
  const bool automatic = option.fallback == "auto";
  if (automatic && value == "auto") return;
  const unsigned least = option.name == "spin" ? 0 : 1;  // not to spin at all is a choice
  if (!is_whole_number(value, least)) {
    fail(fmt::format("a whole number from {}{}", least, automatic ? " or auto" : ""));
  }
}

}  // namespace

backend_choice parse_backend(const std::string& text) {
  const auto colon = text.find(':');
  backend_choice choice{text.substr(0, colon), {}, text};
  const auto entry = backends().find(choice.backend);
  if (entry == backends().end()) {
    throw usage_error(fmt::format("there is no backend '{}'{}", choice.backend,
                                  suggestion(choice.backend, names_of(backends()))));
  }
  std::vector<std::string> known;
  const auto& options = entry->second.info.options;
  for (const backend_option& option : options) {
    choice.options[option.name] = option.fallback;
    known.push_back(option.name);
  }
  if (colon == std::string::npos) return choice;
  std::stringstream rest(text.substr(colon + 1));
  for (std::string pair; std::getline(rest, pair, ',');) {
    const auto equals = pair.find('=');
    const std::string key = pair.substr(0, equals);
    const auto option = std::find_if(options.begin(), options.end(),
                                     [&](const auto& each) { return each.name == key; });
    if (option == options.end()) {
      throw usage_error(
          fmt::format("backend {} has no option '{}'{}", choice.backend, key,
                      known.empty() ? std::string("; it has none") : suggestion(key, known)));
    }
    if (equals == std::string::npos) {
      throw usage_error(fmt::format("option '{}' of backend {} takes a value, like {}={}", key,
                                    choice.backend, key, option->fallback));
    }
    const std::string value = pair.substr(equals + 1);
    check_value(choice.backend, *option, value);
    choice.options[key] = value;
  }
  return choice;
}

std::vector<backend_choice> expand_backends(const std::vector<std::string>& patterns) {
  std::vector<backend_choice> chosen;
  const auto add = [&](backend_choice choice) {
    const bool there = std::any_of(chosen.begin(), chosen.end(),
                                   [&](const auto& each) { return each.label == choice.label; });
    if (!there) chosen.push_back(std::move(choice));
  };
  for (const std::string& pattern : split_names(patterns)) {
    if (pattern.find(':') != std::string::npos) {
      add(parse_backend(pattern));
      continue;
    }
    bool any = false;
    for (const auto& [name, entry] : backends()) {
      if (::fnmatch(pattern.c_str(), name.c_str(), 0) != 0) continue;
      if (!pattern.starts_with(entry.info.family)) continue;
      any = true;
      add(parse_backend(name));
    }
    if (!any) {
      throw usage_error(fmt::format("no backend matches '{}'{}", pattern,
                                    suggestion(pattern, names_of(backends()))));
    }
  }
  return chosen;
}

}  // namespace regatta
