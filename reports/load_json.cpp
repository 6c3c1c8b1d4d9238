// SPDX-License-Identifier: Apache-2.0
#include "reports/load_json.hpp"

#include <cmath>
#include <string>

#include "reports/environment_fields.hpp"
#include "reports/histogram_json.hpp"
#include "reports/report_schema.hpp"

namespace regatta {
namespace {

using namespace http_load;
using json = nlohmann::ordered_json;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

json number_or_null(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? json(*value) : json();
}
json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json tally_json(const load_plan& plan, const load_tally& tally) {
  json shown = {{"requests", tally.requests()},
                {"ok", tally.ok},
                {"failed",
                 {{"status_4xx", tally.client_errors},
                  {"status_5xx", tally.server_errors},
                  {"connect", tally.connect_failures},
                  {"reset", tally.resets},
                  {"timeout", tally.timeouts},
                  {"malformed", tally.malformed}}},
                {"unsent", tally.unsent},
                {"cut_off", tally.cut_off},
                {"bytes_received", tally.bytes_received},
                {"latency_seconds", write_times(tally.latency)},
                {"service_seconds", write_times(tally.service)},
                {"send_lag_seconds", plan.open_loop ? write_times(tally.send_lag) : json()},
                {"llm", nullptr}};
  if (plan.llm) {
    shown["llm"] = {{"time_to_first_token_seconds", write_times(tally.first_token)},
                    {"inter_token_seconds", write_times(tally.inter_token)},
                    {"mean_gap_seconds", write_times(tally.mean_gap)},
                    {"tokens", tally.tokens},
                    {"good", plan.good.any() ? json(tally.good) : json()}};
  }
  return shown;
}

const char* name_of(level_verdict verdict) {
  switch (verdict) {
    case level_verdict::kept:
      return "kept";
    case level_verdict::missed:
      return "missed";
    case level_verdict::withheld:
      break;
  }
  return "withheld";
}

json stage_plan_json(const load_plan& plan, const load_stage& stage) {
  return {{"seconds", seconds(stage.length)},
          {"rate_from", plan.open_loop ? json(stage.from) : json()},
          {"rate_to", plan.open_loop ? json(stage.to) : json()},
          {"measured", stage.measured}};
}

// Headers and bodies may hold secrets: they stay out.
json plan_json(const load_plan& plan) {
  json shown = {{"url", plan.url},
                {"method", plan.method},
                {"loop", plan.open_loop ? "open" : "closed"},
                {"arrivals", !plan.open_loop                          ? json()
                             : plan.arrivals == arrival_kind::poisson ? json("poisson")
                                                                      : json("constant")},
                {"seed", plan.seed},
                {"connections", plan.connections},
                {"threads", plan.threads},
                {"poll", plan.poll},
                {"spin", plan.spin},
                {"llm", plan.llm},
                {"timeout_seconds", seconds(plan.timeout)},
                {"body_bytes", plan.body.size()}};
  json& stages = shown["stages"] = json::array();
  for (const load_stage& stage : plan.stages) stages.push_back(stage_plan_json(plan, stage));
  return shown;
}

json client_json(const load_result& result) {
  json threads = json::array();
  for (const client_use& use : result.clients) {
    threads.push_back(
        {{"wall_seconds", seconds(use.wall)},
         {"cpu_seconds", seconds(use.cpu)},
         {"polled_seconds", seconds(use.polled)},
         {"waited_for_cpu_seconds", use.waited ? json(seconds(*use.waited)) : json()}});
  }
  return {{"threads", std::move(threads)},
          {"busy_seconds", write_times(result.busy)},
          {"bottleneck", text_or_null(result.bottleneck)}};
}

json levels_json(const std::vector<level_outcome>& outcomes) {
  json levels = json::array();
  for (const level_outcome& each : outcomes) {
    levels.push_back({{"level", each.level.text},
                      {"limit", each.level.limit},
                      {"measured", number_or_null(each.measured)},
                      {"verdict", name_of(each.verdict)}});
  }
  return levels;
}

json head_of(const char* kind, report_schema schema, const environment& where) {
  field_writer machine;
  fields(machine, where);
  return {{"$schema", file_name_of(schema)},
          {"kind", kind},
          {"schema_version", load_schema_version},
          {"generator", {{"name", "regatta"}, {"version", REGATTA_VERSION}}},
          {"environment", machine.take()}};
}

}  // namespace

json make_load_part(const load_result& result) {
  json shown = {{"plan", plan_json(result.plan)},
                {"seconds", result.seconds},
                {"interrupted", result.interrupted},
                {"ended_early", result.saturated}};
  json& stages = shown["stages"] = json::array();
  for (const stage_result& stage : result.stages) {
    json each = stage_plan_json(result.plan, stage.plan);
    each["seconds"] = seconds(stage.length);
    each["ok_per_second"] = number_or_null(stage.rate());
    each.update(tally_json(result.plan, stage.tally));
    stages.push_back(std::move(each));
  }
  const load_tally total = result.total();
  shown["total"] = tally_json(result.plan, total);
  shown["first_failure"] = text_or_null(result.first_failure);
  shown["client"] = client_json(result);
  shown["levels"] = levels_json(result.levels);
  return shown;
}

json make_load_json(const load_result& result) {
  json report = head_of("load", report_schema::load, result.where);
  report.update(make_load_part(result));
  return report;
}

json make_knee_json(const knee_result& result) {
  json report = head_of("load-knee", report_schema::load_knee,
                        result.steps.empty() ? environment() : result.steps.front().result.where);
  report["interrupted"] = result.interrupted;
  report["kept_per_second"] = number_or_null(result.kept);
  report["missed_per_second"] = number_or_null(result.missed);
  report["ended"] = text_or_null(result.ended);
  json& steps = report["steps"] = json::array();
  for (const knee_step& step : result.steps) {
    json each = {{"rate", step.rate}, {"verdict", name_of(step.verdict)}};
    each.update(make_load_part(step.result));
    steps.push_back(std::move(each));
  }
  return report;
}

}  // namespace regatta
