// SPDX-License-Identifier: Apache-2.0
#include "tools/suite.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <system_error>
#include <type_traits>
#include <utility>

#include "harness/backend.hpp"
#include "harness/http_message.hpp"
#include "harness/platform/read_file.hpp"
#include "harness/service.hpp"
#include "reports/nearest.hpp"
#include "tools/backend_choice.hpp"
#include "tools/built_in_suite.hpp"
#include "tools/database_choice.hpp"
#include "tools/external_choice.hpp"
#include "tools/name_list.hpp"
#include "tools/race_options.hpp"
#include "tools/usage_error.hpp"
#include "tools/workload_parameters.hpp"

namespace regatta {
namespace {

using nlohmann::json;

std::vector<std::string> expand_workloads(const std::vector<std::string>& patterns) {
  std::vector<std::string> chosen;
  for (const std::string& pattern : split_names(patterns)) {
    bool any = false;
    for (const auto& [name, entry] : workloads()) {
      if (::fnmatch(pattern.c_str(), name.c_str(), 0) != 0) continue;
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
  if (const char* const ours = built_in_suite(name)) return json::parse(ours);
  try {
    const buffer text = read_whole_file(name);
    json suite = json::parse(as_text(text), nullptr, true, true);
    if (!suite.is_object()) throw usage_error("suite " + name + ": it must be a JSON object");
    return suite;
  } catch (const std::system_error&) {
    const auto near = nearest(name, {"quick", "standard", "full"});
    throw usage_error(
        fmt::format("'{}' is neither a suite (quick, standard, full) nor a file that can be read{}",
                    name, near ? fmt::format("; did you mean '{}'?", *near) : ""));
  } catch (const json::parse_error& error) {
    throw usage_error(fmt::format("suite file {} is not JSON: {}", name, error.what()));
  }
}

using texts = std::vector<std::string>;
using settings = std::map<std::string, std::string>;

template <class T>
constexpr const char* kind_of = "a number";
template <>
constexpr const char* kind_of<unsigned> = "a whole number";
template <>
constexpr const char* kind_of<std::uint64_t> = "a whole number";
template <>
constexpr const char* kind_of<bool> = "true or false";
template <>
constexpr const char* kind_of<std::string> = "a text in quotes";
template <>
constexpr const char* kind_of<texts> = "a list of texts";
template <>
constexpr const char* kind_of<settings> = "an object of texts";

// What `object` says under `key`, if it says anything.
template <class T>
std::optional<T> value_of(const json& object, const char* key, const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  const auto wrong = [&] {
    return usage_error(fmt::format("{}: {} is {}, not {}", where, key, kind_of<T>, found->dump()));
  };
  if constexpr (std::is_unsigned_v<T> &&
                !std::is_same_v<T, bool>) {  // JSON's -1 would become a large one
    if (!found->is_number_unsigned() || !std::in_range<T>(found->get<std::uint64_t>())) {
      throw wrong();
    }
  }
  try {
    return found->get<T>();
  } catch (const json::exception&) {
    throw wrong();
  }
}

// How a workload is run, unless it says otherwise itself.
struct load {
  workload_options options;
  std::optional<unsigned> in_flight;  // nothing: the workload's own
  std::optional<double> rate;
  texts backends = {"*"};
};

void set_load(load& chosen, const json& object, const std::string& where) {
  if (const auto scale = value_of<std::string>(object, "scale", where)) {
    chosen.options.scale = parse_scale(*scale);
  }
  if (const auto own = value_of<unsigned>(object, "in_flight", where)) chosen.in_flight = own;
  if (const auto own = value_of<double>(object, "rate", where)) chosen.rate = own;
  if (auto own = value_of<texts>(object, "backends", where)) {
    if (own->empty()) throw usage_error(where + ": the list of backends is empty");
    chosen.backends = std::move(*own);
  }
}

void set_load(load& chosen, const run_request& request) {
  if (request.scale) chosen.options.scale = parse_scale(*request.scale);
  if (request.in_flight) chosen.in_flight = request.in_flight;
  if (request.rate) chosen.rate = request.rate;
  if (!request.backend_filters.empty()) chosen.backends = request.backend_filters;
}

workload_plan plan_workload(const std::string& name, load chosen, const run_request& request) {
  set_load(chosen, request);
  workload_plan plan{.workload = name,
                     .options = chosen.options,
                     .in_flight = chosen.in_flight.value_or(workloads().at(name).info.in_flight),
                     .rate = chosen.rate,
                     .backends = expand_backends(chosen.backends)};
  if (plan.in_flight == 0 || plan.in_flight > 100'000) {
    throw usage_error("the number of items in flight lies between 1 and 100000");
  }
  if (plan.rate && !(*plan.rate > 0 && *plan.rate <= 1e7)) {
    throw usage_error("the rate is a number of items per second, more than 0");
  }
  return plan;
}

// Each entry is a name, a glob, or an object with a load of its own.
std::vector<workload_plan> plan_entries(const json& entries, const load& usual,
                                        const run_request& request, const std::string& where) {
  if (!entries.is_array() || entries.empty()) {
    throw usage_error(where + ": workloads is a list of at least one workload");
  }
  std::vector<workload_plan> plans;
  for (const json& entry : entries) {
    const json object = entry.is_string() ? json{{"name", entry}} : entry;
    if (!object.is_object()) {
      throw usage_error(fmt::format("{}: a workload is a name or an object with one, not {}", where,
                                    entry.dump()));
    }
    check_keys(object, {"name", "in_flight", "rate", "backends", "scale", "parameters"},
               where + ": workload");
    const auto pattern = value_of<std::string>(object, "name", where + ": workload");
    if (!pattern) throw usage_error(where + ": a workload without a name");
    load mine = usual;
    const std::string here = fmt::format("{}: workload {}", where, *pattern);
    set_load(mine, object, here);
    const std::size_t first = plans.size();
    for (const std::string& name : expand_workloads({*pattern})) {
      plans.push_back(plan_workload(name, mine, request));
    }
    set_parameters(std::span(plans).subspan(first), parameters_in(object, here), here);
  }
  return plans;
}

// Those of the suite's that a filter names; one that the suite lacks runs as the suite's usual.
std::vector<workload_plan> filtered(const std::vector<workload_plan>& plans, const load& usual,
                                    const run_request& request) {
  std::vector<workload_plan> chosen;
  for (const std::string& name : expand_workloads(request.workload_filters)) {
    const std::size_t before = chosen.size();
    std::copy_if(plans.begin(), plans.end(), std::back_inserter(chosen),
                 [&](const workload_plan& each) { return each.workload == name; });
    if (chosen.size() == before) chosen.push_back(plan_workload(name, usual, request));
  }
  return chosen;
}

settings plan_services(settings chosen, const std::vector<std::string>& requested) {
  for (const std::string& setting : requested) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos) {
      throw usage_error("--service takes key=value, like llm.ttft=200ms, not '" + setting + "'");
    }
    chosen[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  for (const auto& [key, value] : chosen) {
    const std::string service = key.substr(0, key.find('.'));
    if (services().count(service) == 0 || key.size() < service.size() + 2) {
      throw usage_error(
          fmt::format("a service's setting is called like llm.ttft, not '{}'; the services are {}",
                      key, fmt::join(names_of(services()), ", ")));
    }
  }
  return chosen;
}

void keep_takers_of_input(run_plan& plan, const std::filesystem::path& input) {
  std::erase_if(plan.workloads, [](const workload_plan& each) {
    return !workloads().at(each.workload).info.takes_input;
  });
  if (plan.workloads.empty()) throw usage_error("none of these workloads takes --input");
  if (!std::filesystem::exists(input)) {
    throw usage_error("--input: there is no " + input.string());
  }
}

// What the approaches are raced by, how surely, and what they must keep.
void plan_race(run_plan& plan, const json& suite, const run_request& request,
               const std::string& where) {
  const auto of_suite = [&](const char* key) { return where + ": " + key; };
  // Calls take(name for complaints, text) with the flag's, or else the suite's.
  const auto choose = [&](const std::optional<std::string>& flag, const char* flag_name,
                          const char* key, auto take) {
    if (flag) {
      take(flag_name, *flag);
    } else if (const auto own = value_of<std::string>(suite, key, where)) {
      take(of_suite(key), *own);
    }
  };
  choose(request.by, "--objective", "objective",
         [&](const std::string& what, const auto& text) { plan.by = parse_objective(what, text); });
  choose(request.lock, "--lock", "lock",
         [&](const std::string& what, const auto& text) { plan.lock = parse_lock(what, text); });
  choose(request.slo, "--slo", "slo", [&](const std::string& what, const auto& text) {
    plan.required.slo_p99 = parse_slo(what, text);
  });
  choose(request.max_memory, "--max-memory", "max_memory",
         [&](const std::string& what, const auto& text) {
           plan.required.max_memory = parse_bytes(what, text);
         });
  for (const std::string& text : value_of<texts>(suite, "must", where).value_or(texts{})) {
    require(plan.required, of_suite("must"), text);
  }
  for (const std::string& text : request.must) require(plan.required, "--must", text);
  plan.race = request.race && value_of<bool>(suite, "race", where).value_or(true);

  const auto share = [&](const std::optional<std::string>& flag, const char* flag_name,
                         const char* key, double usual) {
    if (flag) return parse_share(flag_name, *flag);
    return value_of<double>(suite, key, where).value_or(usual);
  };
  plan.confidence = share(request.confidence, "--confidence", "confidence", plan.confidence);
  if (!(plan.confidence > 0.5 && plan.confidence < 1)) {
    throw usage_error((request.confidence ? "--confidence" : of_suite("confidence")) +
                      " lies between 0.5 and 1, like 0.95");
  }
  plan.practical_difference =
      share(request.delta, "--delta", "practical_difference", plan.practical_difference);
  if (!(plan.practical_difference >= 0 && plan.practical_difference < 1)) {
    throw usage_error((request.delta ? "--delta" : of_suite("practical_difference")) +
                      " is a share from 0 to below 1, like 0.05");
  }
}

void set_endpoint(run_plan& plan, const run_request& request) {
  if (!request.endpoint) {
    if (request.api_key_variable) {
      throw usage_error("--api-key-env is for a real server: name it with --endpoint");
    }
    return;
  }
  try {
    parse_origin(*request.endpoint);
  } catch (const std::invalid_argument& error) {
    throw usage_error(error.what());
  }
  plan.external_endpoints["llm"] = *request.endpoint;
  if (!request.api_key_variable) return;
  const char* const key = std::getenv(request.api_key_variable->c_str());
  if (key == nullptr) {
    throw usage_error("the environment variable " + *request.api_key_variable + " is not set");
  }
  plan.api_key = key;
}

}  // namespace

std::chrono::milliseconds parse_duration(const std::string& what, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  double factor = 0;
  if (unit == "ms") factor = 1;
  if (unit == "s" || unit.empty()) factor = 1e3;
  if (unit == "m") factor = 60e3;
  if (unit == "h") factor = 3600e3;
  // Less than a millisecond would be 0, which means something else.
  if (error != std::errc() || factor == 0 || !(value * factor >= 1) ||
      value * factor > 7 * 24 * 3600e3) {
    throw usage_error(fmt::format("{} takes a time like 50s, 1500ms or 2m, not '{}'", what, text));
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(value * factor));
}

run_plan make_plan(const run_request& request) {
  const json suite = read_suite(request.suite);
  const std::string where = "suite " + request.suite;
  check_keys(suite,
             {"scale",
              "budget",
              "machine_card",
              "workloads",
              "backends",
              "services",
              "seed",
              "in_flight",
              "rate",
              "item_timeout",
              "blocks",
              "confidence",
              "practical_difference",
              "objective",
              "slo",
              "must",
              "max_memory",
              "race",
              "lock",
              "database"},
             where);
  const auto text = [&](const char* key) { return value_of<std::string>(suite, key, where); };

  run_plan plan;
  plan.suite = request.suite;
  plan.seed =
      request.seed.value_or(value_of<std::uint64_t>(suite, "seed", where).value_or(plan.seed));
  plan.budget = parse_duration(request.budget ? "--budget" : where + ": budget",
                               request.budget.value_or(text("budget").value_or("60s")));
  if (const auto budget = text("machine_card")) {
    plan.card_budget = parse_duration(where + ": machine_card", *budget);
  }
  if (!request.machine_card) plan.card_budget = {};
  plan.item_timeout = parse_duration(
      "the item timeout", request.item_timeout.value_or(text("item_timeout").value_or("30s")));
  plan.most_blocks = request.blocks.value_or(
      value_of<unsigned>(suite, "blocks", where).value_or(plan.most_blocks));
  if (plan.most_blocks == 0) {
    throw usage_error((request.blocks ? "--blocks" : where + ": blocks") + " is a number from 1");
  }
  plan_race(plan, suite, request, where);
  // To name what blocks, the monitor reads the program's symbols: that would count as memory.
  if (request.monitor && plan.by != objective::memory) {
    plan.blocked_over = std::chrono::milliseconds(10);
  }
  plan.service_settings = plan_services(
      value_of<settings>(suite, "services", where).value_or(settings{}), request.service_settings);

  load usual;
  usual.options.seed = plan.seed;
  usual.options.input = request.input;
  if (request.model) usual.options.model = *request.model;
  set_load(usual, suite, where);
  plan.workloads =
      plan_entries(suite.value("workloads", json::array({"*"})), usual, request, where);
  if (!request.workload_filters.empty()) plan.workloads = filtered(plan.workloads, usual, request);
  if (request.input) keep_takers_of_input(plan, *request.input);
  set_parameters(plan.workloads, split_parameters(request.parameters), "-p");
  set_endpoint(plan, request);
  const auto external = external_choices(request.external);
  for (workload_plan& each : plan.workloads) {
    each.backends.insert(each.backends.end(), external.begin(), external.end());
  }
  choose_database(plan, request.database ? "--database" : where + ": database",
                  request.database ? request.database : text("database"));
  return plan;
}

}  // namespace regatta
