// SPDX-License-Identifier: Apache-2.0
#include "tools/load_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "harness/http_load/request_text.hpp"
#include "harness/platform/read_file.hpp"
#include "tools/race_options.hpp"
#include "tools/suite.hpp"
#include "tools/usage_error.hpp"

namespace regatta {
namespace {

using namespace http_load;

constexpr double highest_rate = 1e7;
constexpr unsigned most_connections = 100'000;

// A rate at the front of `text`, which is taken off it.
std::optional<double> take_rate(std::string_view& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0) || value > highest_rate) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

load_stage parse_stage(const std::string& text) {
  const auto bad = [&] {
    return usage_error(fmt::format(
        "--stages takes RATE:TIME or FROM-TO:TIME, like 500:10s,500-2000:30s, not '{}'", text));
  };
  std::string_view rest = text;
  load_stage stage;
  const auto from = take_rate(rest);
  if (!from) throw bad();
  stage.from = stage.to = *from;
  if (rest.starts_with('-')) {
    rest.remove_prefix(1);
    const auto to = take_rate(rest);
    if (!to) throw bad();
    stage.to = *to;
  }
  if (!rest.starts_with(':') || rest.size() == 1) throw bad();
  stage.length = parse_duration("--stages", std::string(rest.substr(1)));
  if (stage.from + stage.to == 0) throw bad();
  return stage;
}

std::vector<load_stage> parse_stages(const std::string& text) {
  std::vector<load_stage> stages;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    stages.push_back(parse_stage(text.substr(at, end - at)));
    at = end + 1;
  }
  return stages;
}

// "0" is none.
nanoseconds parse_warm_up(const std::string& text) {
  if (text == "0" || text == "0s") return nanoseconds(0);
  return parse_duration("--warmup", text);
}

double check_rate(double rate) {
  if (rate > 0 && rate <= highest_rate) return rate;
  throw usage_error(fmt::format("--rate takes requests per second, more than 0, not {:g}", rate));
}

std::vector<load_stage> stages_of(const load_request& request, bool open_loop) {
  std::vector<load_stage> stages;
  if (request.stages) {
    if (request.rate || request.duration) {
      throw usage_error("--stages says rates and times itself: leave --rate and --duration out");
    }
    stages = parse_stages(*request.stages);
  } else {
    const double rate = open_loop && request.rate ? check_rate(*request.rate) : 0;
    stages.push_back({.length = parse_duration("--duration", request.duration.value_or("10s")),
                      .from = rate,
                      .to = rate});
  }
  const nanoseconds warm_up = parse_warm_up(request.warm_up);
  if (warm_up.count() > 0) {
    const double rate = stages.front().from > 0 ? stages.front().from : stages.front().to;
    const double warm_rate = open_loop ? rate : 0;
    stages.insert(stages.begin(),
                  {.length = warm_up, .from = warm_rate, .to = warm_rate, .measured = false});
  }
  return stages;
}

arrival_kind parse_arrivals(const load_request& request, bool open_loop) {
  if (!request.arrivals) return arrival_kind::poisson;
  if (!open_loop) throw usage_error("--arrivals is for an open loop: give its --rate too");
  if (*request.arrivals == "poisson") return arrival_kind::poisson;
  if (*request.arrivals == "constant") return arrival_kind::constant;
  throw usage_error(
      fmt::format("--arrivals takes poisson or constant, not '{}'", *request.arrivals));
}

std::string body_of(const std::string& text) {
  if (!text.starts_with('@')) return text;
  try {
    const buffer bytes = read_whole_file(text.substr(1));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  } catch (const std::system_error& error) {
    throw usage_error(fmt::format("--body: {}", error.what()));
  }
}

std::pair<std::string, std::string> parse_header(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0) {
    throw usage_error(fmt::format("--header takes one like 'Accept: text/html', not '{}'", text));
  }
  const auto value = text.find_first_not_of(" \t", colon + 1);
  return {text.substr(0, colon), value == std::string::npos ? "" : text.substr(value)};
}

void plan_request(const load_request& request, load_plan& plan) {
  for (const std::string& each : request.headers) plan.headers.push_back(parse_header(each));
  if (!request.llm) {
    if (request.api_key_variable || !request.goodput.empty()) {
      throw usage_error("--api-key-env and --goodput are for streams of an LLM: give --llm too");
    }
    if (request.body) plan.body = body_of(*request.body);
    plan.method = request.method.value_or(request.body ? "POST" : "GET");
    return;
  }
  if (request.method || request.body) {
    throw usage_error("--llm makes its own request: leave --method and --body out");
  }
  std::string key;
  if (request.api_key_variable) {
    const char* const value = std::getenv(request.api_key_variable->c_str());
    if (value == nullptr) {
      throw usage_error("the environment variable " + *request.api_key_variable + " is not set");
    }
    key = value;
  }
  ask_for_stream(plan, request.model, request.prompt, request.max_tokens, key);
}

goodput_limits parse_goodput(const std::vector<std::string>& texts) {
  goodput_limits limits;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    const std::string name = text.substr(0, equals);
    // A limit has the form of a level's.
    const auto level = equals == std::string::npos
                           ? std::nullopt
                           : parse_service_level("p50" + text.substr(equals));
    if (level && name == "ttft") {
      limits.first_token = level->limit;
    } else if (level && name == "itl") {
      limits.inter_token = level->limit;
    } else if (level && name == "latency") {
      limits.latency = level->limit;
    } else {
      throw usage_error(fmt::format(
          "--goodput takes ttft=500ms, itl=50ms or latency=5s (repeat for more), not '{}'", text));
    }
  }
  return limits;
}

std::vector<service_level> parse_levels(const load_request& request) {
  std::vector<service_level> levels;
  for (const std::string& text : request.levels) {
    const auto level = parse_service_level(text);
    if (!level) {
      throw usage_error(fmt::format(
          "--slo takes a limit like p99=50ms, errors=0.1%, ttft.p95=500ms or itl.p99=50ms, not "
          "'{}'",
          text));
    }
    const bool of_tokens = level->measure == level_measure::first_token ||
                           level->measure == level_measure::inter_token;
    if (of_tokens && !request.llm) {
      throw usage_error(fmt::format("--slo {} is for streams of an LLM: give --llm too", text));
    }
    levels.push_back(*level);
  }
  return levels;
}

knee_plan plan_knee(const load_request& request, const load_choice& choice) {
  if (choice.levels.empty()) {
    throw usage_error("--knee needs to know what the service must keep: give --slo p99=50ms");
  }
  if (request.stages || request.requests || request.duration) {
    throw usage_error(
        "--knee chooses rates and times itself: leave --stages, --duration and --requests out "
        "(--step is the time for each rate)");
  }
  knee_plan knee{.load = choice.plan, .levels = choice.levels};
  if (request.rate) knee.first_rate = check_rate(*request.rate);
  knee.step = parse_duration("--step", request.step.value_or("5s"));
  knee.warm_up = parse_warm_up(request.warm_up);
  knee.precision = parse_share("--precision", request.precision.value_or("5%"));
  if (knee.precision < 0.001) throw usage_error("--precision must be at least 0.1%");
  return knee;
}

void check_counts(const load_request& request) {
  if (request.connections < 1 || request.connections > most_connections) {
    throw usage_error(fmt::format("--connections takes a number from 1 to {}", most_connections));
  }
  if (request.threads < 1 || request.threads > request.connections) {
    throw usage_error(fmt::format("--threads takes a number from 1 to that of the connections, {}",
                                  request.connections));
  }
  if (request.requests && *request.requests < request.threads) {
    throw usage_error("--requests must be at least 1, and not less than --threads");
  }
}

}  // namespace

load_choice plan_load(const load_request& request) try {
  check_counts(request);
  if (!request.knee && (request.step || request.precision)) {
    throw usage_error("--step and --precision are for --knee");
  }
  if (request.spin && !request.poll)
    throw usage_error("--spin is all polling: leave --no-poll out");
  load_choice choice;
  load_plan& plan = choice.plan;
  set_url(plan, request.url);
  plan_request(request, plan);
  plan.open_loop = request.rate || request.stages || request.knee;
  plan.arrivals = parse_arrivals(request, plan.open_loop);
  plan.stages = stages_of(request, plan.open_loop);
  plan.seed = request.seed;
  plan.connections = request.connections;
  plan.threads = request.threads;
  plan.most_requests = request.requests;
  plan.timeout =
      parse_duration("--timeout", request.timeout.value_or(request.llm ? "120s" : "10s"));
  plan.spin = request.spin;
  plan.poll = request.poll;
  plan.ca_file = request.ca_file;
  plan.good = parse_goodput(request.goodput);
  request_text(plan);  // throws if it cannot be sent
  choice.levels = parse_levels(request);
  choice.limits.most_lag = parse_duration("--max-lag", request.max_lag);
  if (request.knee) choice.knee = plan_knee(request, choice);
  return choice;
} catch (const std::invalid_argument& error) {
  throw usage_error(error.what());
}

}  // namespace regatta
