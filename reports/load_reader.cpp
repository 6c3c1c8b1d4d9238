// SPDX-License-Identifier: Apache-2.0
#include "reports/load_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/environment_fields.hpp"
#include "reports/histogram_json.hpp"
#include "reports/load_json.hpp"
#include "reports/stored_json.hpp"

namespace regatta {
namespace {

using namespace http_load;
using nlohmann::json;
using std::chrono::nanoseconds;

nanoseconds time_of(const json& seconds) {
  return json_fields::from_seconds<nanoseconds>(std::min(seconds.get<double>(), 1e9));
}

double number_or_zero(const json& value) { return value.is_null() ? 0 : value.get<double>(); }
std::string text_or_empty(const json& value) {
  return value.is_null() ? std::string() : value.get<std::string>();
}

load_stage read_stage_plan(const json& file) {
  return {.length = time_of(file["seconds"]),
          .from = number_or_zero(file["rate_from"]),
          .to = number_or_zero(file["rate_to"]),
          .measured = file["measured"]};
}

load_plan read_plan(const json& file) {
  constexpr std::size_t most_bytes = std::size_t{16} << 20U;
  load_plan plan;
  plan.url = file["url"];
  plan.method = file["method"];
  plan.open_loop = file["loop"] == "open";
  plan.arrivals = file["arrivals"] == "constant" ? arrival_kind::constant : arrival_kind::poisson;
  plan.seed = file["seed"];
  plan.connections = file["connections"];
  plan.threads = file["threads"];
  plan.poll = file["poll"];
  plan.spin = file["spin"];
  plan.llm = file["llm"];
  plan.timeout = time_of(file["timeout_seconds"]);
  plan.body.resize(std::min(file["body_bytes"].get<std::size_t>(), most_bytes));
  for (const json& stage : file["stages"]) plan.stages.push_back(read_stage_plan(stage));
  return plan;
}

load_tally read_tally(const json& file) {
  const json& failed = file["failed"];
  load_tally tally;
  tally.ok = file["ok"];
  tally.client_errors = failed["status_4xx"];
  tally.server_errors = failed["status_5xx"];
  tally.connect_failures = failed["connect"];
  tally.resets = failed["reset"];
  tally.timeouts = failed["timeout"];
  tally.malformed = failed["malformed"];
  tally.unsent = file["unsent"];
  tally.cut_off = file["cut_off"];
  tally.bytes_received = file["bytes_received"];
  tally.latency = read_times(file["latency_seconds"]);
  tally.service = read_times(file["service_seconds"]);
  if (!file["send_lag_seconds"].is_null()) tally.send_lag = read_times(file["send_lag_seconds"]);
  if (const json& llm = file["llm"]; !llm.is_null()) {
    tally.first_token = read_times(llm["time_to_first_token_seconds"]);
    tally.inter_token = read_times(llm["inter_token_seconds"]);
    tally.mean_gap = read_times(llm["mean_gap_seconds"]);
    tally.tokens = llm["tokens"];
    if (!llm["good"].is_null()) tally.good = llm["good"];
  }
  return tally;
}

client_use read_client(const json& file) {
  client_use use{.wall = time_of(file["wall_seconds"]),
                 .cpu = time_of(file["cpu_seconds"]),
                 .polled = time_of(file["polled_seconds"])};
  const json& waited = file["waited_for_cpu_seconds"];
  if (!waited.is_null()) use.waited = time_of(waited);
  return use;
}

level_outcome read_level(const json& file) {
  const std::string text = file["level"];
  const auto level = parse_service_level(text);
  if (!level) throw bad_report(fmt::format("has the level '{}', which is none", text));
  level_outcome outcome;
  outcome.level = *level;
  if (!file["measured"].is_null()) outcome.measured = file["measured"].get<double>();
  outcome.verdict = file["verdict"] == "kept"     ? level_verdict::kept
                    : file["verdict"] == "missed" ? level_verdict::missed
                                                  : level_verdict::withheld;
  return outcome;
}

}  // namespace

load_result read_load_part(const json& part) {
  load_result result;
  result.plan = read_plan(part["plan"]);
  result.seconds = part["seconds"];
  result.interrupted = part["interrupted"];
  result.saturated = part["ended_early"];
  std::vector<load_stage> measured;
  for (const load_stage& stage : result.plan.stages) {
    if (stage.measured) measured.push_back(stage);
  }
  for (const json& file : part["stages"]) {
    stage_result& stage = result.stages.emplace_back();
    stage.plan = read_stage_plan(file);
    stage.length = stage.plan.length;
    if (result.stages.size() <= measured.size()) stage.plan = measured[result.stages.size() - 1];
    stage.tally = read_tally(file);
  }
  const json& llm = part["total"]["llm"];
  // Which limits there were, the file does not say; that there were some, it does.
  if (!llm.is_null() && !llm["good"].is_null()) result.plan.good.latency = HUGE_VAL;
  result.first_failure = text_or_empty(part["first_failure"]);
  for (const json& file : part["client"]["threads"]) result.clients.push_back(read_client(file));
  result.busy = read_times(part["client"]["busy_seconds"]);
  result.bottleneck = text_or_empty(part["client"]["bottleneck"]);
  for (const json& file : part["levels"]) result.levels.push_back(read_level(file));
  return result;
}

load_result read_load_report(const json& document) {
  check_stored_json(document, report_schema::load, load_schema_version);
  load_result result = read_load_part(document);
  json_fields::read(document["environment"], result.where);
  return result;
}

}  // namespace regatta
