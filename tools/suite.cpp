// SPDX-License-Identifier: Apache-2.0
#include "tools/suite.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "harness/backend.hpp"
#include "harness/service.hpp"

namespace regatta {
namespace {

using nlohmann::json;

// The suites that come along, in the form that a user's own file has.
constexpr const char* quick_suite = R"({
  "scale": "quick", "budget": "48s", "machine_card": "1s", "blocks": 24,
  "workloads": ["tokenize", "llm-complete", "rag"], "backends": ["*"]
})";
constexpr const char* standard_suite = R"({
  "scale": "standard", "budget": "6m", "workloads": ["*"],
  "backends": ["*", "process:start=spawn", "process:start=forkserver"]
})";
constexpr const char* full_suite = R"({
  "scale": "full", "budget": "20m", "workloads": ["*"],
  "backends": ["*", "process:start=spawn", "process:start=forkserver", "process:chunk=8"]
})";

template <class Map>
std::vector<std::string> names_of(const Map& map) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : map) names.push_back(name);
  return names;
}

std::string suggestion(const std::string& wrong, const std::vector<std::string>& known) {
  const auto near = nearest(wrong, known);
  return near ? fmt::format("; did you mean '{}'?", *near)
              : fmt::format("; there are: {}", fmt::join(known, ", "));
}

bool matches(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

std::vector<std::string> expand_workloads(const std::vector<std::string>& patterns) {
  std::vector<std::string> chosen;
  for (const std::string& pattern : patterns) {
    bool any = false;
    for (const auto& [name, entry] : workloads()) {
      if (!matches(pattern, name)) continue;
      any = true;
      if (std::find(chosen.begin(), chosen.end(), name) == chosen.end()) chosen.push_back(name);
    }
    if (!any) {
      throw usage_error(fmt::format("no workload matches '{}'{}", pattern,
                                    suggestion(pattern, names_of(workloads()))));
    }
  }
  return chosen;
}

std::vector<backend_choice> expand_backends(const std::vector<std::string>& patterns) {
  std::vector<backend_choice> chosen;
  const auto add = [&](backend_choice choice) {
    const bool there = std::any_of(chosen.begin(), chosen.end(),
                                   [&](const auto& each) { return each.label == choice.label; });
    if (!there) chosen.push_back(std::move(choice));
  };
  for (const std::string& pattern : patterns) {
    if (pattern.find(':') != std::string::npos) {
      add(parse_backend(pattern));
      continue;
    }
    bool any = false;
    for (const auto& [name, entry] : backends()) {
      if (!matches(pattern, name)) continue;
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

dataset_scale parse_scale(const std::string& text) {
  if (text == "quick") return dataset_scale::quick;
  if (text == "standard") return dataset_scale::standard;
  if (text == "full") return dataset_scale::full;
  throw usage_error("the scale is quick, standard or full, not '" + text + "'");
}

void check_keys(const json& object, const std::vector<std::string>& known,
                const std::string& where) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw usage_error(fmt::format("{}: unknown key '{}'{}", where, key, suggestion(key, known)));
    }
  }
}

json read_suite(const std::string& name) {
  if (name == "quick") return json::parse(quick_suite);
  if (name == "standard") return json::parse(standard_suite);
  if (name == "full") return json::parse(full_suite);
  std::ifstream file(name);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) {
    const auto near = nearest(name, {"quick", "standard", "full"});
    throw usage_error(
        fmt::format("'{}' is neither a suite (quick, standard, full) nor a file that can be read{}",
                    name, near ? fmt::format("; did you mean '{}'?", *near) : ""));
  }
  try {
    return json::parse(text.str(), nullptr, true, true);
  } catch (const json::parse_error& error) {
    throw usage_error(fmt::format("suite file {} is not JSON: {}", name, error.what()));
  }
}

workload_plan one_workload(const std::string& name, const run_plan& plan,
                           const workload_options& options, unsigned in_flight,
                           std::optional<double> rate, std::vector<backend_choice> choices) {
  (void)plan;
  return {.workload = name,
          .options = options,
          .in_flight = in_flight,
          .rate = rate,
          .backends = std::move(choices)};
}

}  // namespace

std::optional<std::string> nearest(const std::string& wrong,
                                   const std::vector<std::string>& known) {
  // Levenshtein, a row at a time.
  const auto distance = [](const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i < a.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < b.size(); ++j) {
        const std::size_t above = row[j + 1];
        row[j + 1] = std::min({row[j] + 1, above + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
        diagonal = above;
      }
    }
    return row.back();
  };
  std::optional<std::string> best;
  std::size_t smallest = std::max<std::size_t>(2, wrong.size() / 3) + 1;
  for (const std::string& each : known) {
    if (const std::size_t far = distance(wrong, each); far < smallest) {
      smallest = far;
      best = each;
    }
  }
  return best;
}

std::chrono::milliseconds parse_duration(const std::string& what, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  double factor = 0;
  if (unit == "ms") factor = 1;
  if (unit == "s" || unit.empty()) factor = 1e3;
  if (unit == "m") factor = 60e3;
  if (unit == "h") factor = 3600e3;
  if (error != std::errc() || factor == 0 || !(value > 0) || value * factor > 7 * 24 * 3600e3) {
    throw usage_error(fmt::format("{} takes a time like 50s, 1500ms or 2m, not '{}'", what, text));
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(value * factor));
}

backend_choice parse_backend(const std::string& text) {
  const auto colon = text.find(':');
  backend_choice choice{text.substr(0, colon), {}, text};
  const auto entry = backends().find(choice.backend);
  if (entry == backends().end()) {
    throw usage_error(fmt::format("there is no backend '{}'{}", choice.backend,
                                  suggestion(choice.backend, names_of(backends()))));
  }
  std::vector<std::string> known;
  for (const backend_option& option : entry->second.info.options) {
    choice.options[option.name] = option.fallback;
    known.push_back(option.name);
  }
  if (colon == std::string::npos) return choice;
  std::stringstream rest(text.substr(colon + 1));
  for (std::string pair; std::getline(rest, pair, ',');) {
    const auto equals = pair.find('=');
    const std::string key = pair.substr(0, equals);
    if (equals == std::string::npos || choice.options.count(key) == 0) {
      throw usage_error(
          fmt::format("backend {} has no option '{}'{}", choice.backend, key,
                      known.empty() ? std::string("; it has none") : suggestion(key, known)));
    }
    choice.options[key] = pair.substr(equals + 1);
  }
  return choice;
}

run_plan make_plan(const run_request& request) {
  const json suite = read_suite(request.suite);
  const std::string where = "suite " + request.suite;
  if (!suite.is_object()) throw usage_error(where + ": it must be a JSON object");
  run_plan plan;
  plan.suite = request.suite;
  try {
    check_keys(
        suite,
        {"scale", "budget", "machine_card", "workloads", "backends", "services", "seed",
         "in_flight", "rate", "item_timeout", "blocks", "confidence", "practical_difference"},
        where);
    plan.seed = request.seed.value_or(suite.value("seed", std::uint64_t{1}));
    plan.budget = parse_duration(request.budget ? "--budget" : where + ": budget",
                                 request.budget.value_or(suite.value("budget", "60s")));
    if (suite.contains("machine_card")) {
      plan.card_budget = parse_duration(where + ": machine_card", suite.at("machine_card"));
    }
    if (!request.machine_card) plan.card_budget = {};
    plan.item_timeout = parse_duration(
        "the item timeout", request.item_timeout.value_or(suite.value("item_timeout", "30s")));
    plan.most_blocks = request.blocks.value_or(suite.value("blocks", 200U));
    plan.confidence = suite.value("confidence", 0.95);
    plan.practical_difference = suite.value("practical_difference", 0.05);
    if (!(plan.confidence > 0.5 && plan.confidence < 1)) {
      throw usage_error(where + ": confidence lies between 0.5 and 1");
    }
    plan.service_settings =
        suite.value("services", json::object()).get<std::map<std::string, std::string>>();

    workload_options options;
    options.seed = plan.seed;
    options.scale = parse_scale(request.scale.value_or(suite.value("scale", "standard")));
    options.input = request.input;
    if (request.model) options.model = *request.model;
    auto suite_backends = suite.value("backends", std::vector<std::string>{"*"});
    if (!request.backend_filters.empty()) suite_backends = request.backend_filters;

    // Each entry is a name, a glob, or an object with a load of its own.
    for (const json& entry : suite.value("workloads", json::array({"*"}))) {
      const json object = entry.is_string() ? json{{"name", entry}} : entry;
      check_keys(object, {"name", "in_flight", "rate", "backends", "scale"}, where + ": workload");
      if (!object.contains("name")) throw usage_error(where + ": a workload without a name");
      for (const std::string& name : expand_workloads({object.at("name").get<std::string>()})) {
        const workload_info& info = workloads().at(name).info;
        auto mine = options;
        if (object.contains("scale") && !request.scale)
          mine.scale = parse_scale(object.at("scale"));
        const unsigned in_flight = request.in_flight.value_or(
            object.value("in_flight", suite.value("in_flight", info.in_flight)));
        std::optional<double> rate = request.rate;
        if (!rate && object.contains("rate")) rate = object.at("rate").get<double>();
        if (!rate && suite.contains("rate")) rate = suite.at("rate").get<double>();
        const auto names = request.backend_filters.empty() && object.contains("backends")
                               ? object.at("backends").get<std::vector<std::string>>()
                               : suite_backends;
        plan.workloads.push_back(
            one_workload(name, plan, mine, in_flight, rate, expand_backends(names)));
      }
    }
  } catch (const json::exception& error) {
    throw usage_error(fmt::format("{}: {}", where, error.what()));
  }

  if (!request.workload_filters.empty()) {
    // Of the suite's workloads if one matches there, else of all that there are.
    const auto names = expand_workloads(request.workload_filters);
    std::vector<workload_plan> chosen;
    for (const std::string& name : names) {
      const auto found = std::find_if(plan.workloads.begin(), plan.workloads.end(),
                                      [&](const auto& each) { return each.workload == name; });
      if (found != plan.workloads.end()) {
        chosen.push_back(*found);
      } else {
        workload_plan other = plan.workloads.front();
        other.workload = name;
        other.in_flight = request.in_flight.value_or(workloads().at(name).info.in_flight);
        chosen.push_back(std::move(other));
      }
    }
    plan.workloads = std::move(chosen);
  }

  for (const std::string& setting : request.service_settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos) {
      throw usage_error("--service takes key=value, like llm.ttft=200ms, not '" + setting + "'");
    }
    plan.service_settings[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  for (const workload_plan& each : plan.workloads) {
    if (each.in_flight == 0 || each.in_flight > 100'000) {
      throw usage_error("the number of items in flight lies between 1 and 100000");
    }
    if (each.rate && !(*each.rate > 0 && *each.rate <= 1e7)) {
      throw usage_error("the rate is a number of items per second, more than 0");
    }
  }
  if (request.input) {
    std::erase_if(plan.workloads, [](const workload_plan& each) {
      return !workloads().at(each.workload).info.takes_input;
    });
    if (plan.workloads.empty()) throw usage_error("none of these workloads takes --input");
    if (!std::filesystem::exists(*request.input)) {
      throw usage_error("--input: there is no " + request.input->string());
    }
  }
  if (request.endpoint) {
    try {
      parse_origin(*request.endpoint);
    } catch (const std::invalid_argument& error) {
      throw usage_error(error.what());
    }
    plan.external_endpoints["llm"] = *request.endpoint;
    if (request.api_key_variable) {
      const char* const key = std::getenv(request.api_key_variable->c_str());
      if (key == nullptr) {
        throw usage_error("the environment variable " + *request.api_key_variable + " is not set");
      }
      plan.api_key = key;
    }
  }
  return plan;
}

}  // namespace regatta
