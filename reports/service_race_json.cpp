// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "reports/json_report.hpp"
#include "reports/service_race_report.hpp"

namespace regatta {
namespace {

using json = nlohmann::ordered_json;

json or_null(const std::optional<double>& value) { return value ? json(*value) : json(); }
json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json ratio_json(const std::optional<ratio_estimate>& ratio) {
  if (!ratio) return nullptr;
  return {{"ratio", ratio->ratio},
          {"interval", {ratio->lower, ratio->upper}},
          {"confidence", ratio->confidence},
          {"pairs", ratio->pairs}};
}

json demand_json(const service_demand& demand) {
  return {{"rate_per_second", demand.rate},
          {"concurrency", demand.concurrency},
          {"samples", demand.samples},
          {"cpu_seconds", demand.cpu},
          {"held_seconds", demand.held},
          {"waiting_seconds", demand.waiting},
          {"queue_seconds", demand.queue},
          {"latency_seconds", demand.latency},
          {"latency_p50_seconds", or_null(demand.latency_p50)},
          {"latency_p99_seconds", or_null(demand.latency_p99)},
          {"waits", demand.waits},
          {"service_variation", demand.variation},
          {"bytes_in", demand.bytes_in},
          {"bytes_out", demand.bytes_out}};
}

json calibration_json(const replay_calibration& set) {
  json overheads = json::array();
  for (const replay_overhead& each : set.overheads) {
    overheads.push_back({{"backend", each.backend},
                         {"cpu_seconds", or_null(each.cpu)},
                         {"missing", text_or_null(each.missing)}});
  }
  return {{"overheads", std::move(overheads)},
          {"own_overhead_seconds", set.own_overhead},
          {"cpu_factor", set.cpu_factor},
          {"sleep_factor", set.sleep_factor},
          {"wait_trim_seconds", set.wait_trim}};
}

json fidelity_json(const std::optional<replay_fidelity>& fidelity) {
  if (!fidelity) return nullptr;
  return {{"backend", fidelity->own.label},
          {"why", fidelity->why},
          {"rate_per_second", or_null(fidelity->rate)},
          {"in_flight", fidelity->in_flight},
          {"profiled_throughput", fidelity->profiled_throughput},
          {"replayed_throughput", fidelity->replayed_throughput},
          {"profiled_latency_p50_seconds", or_null(fidelity->profiled_latency)},
          {"replayed_latency_p50_seconds", or_null(fidelity->replayed_latency)},
          {"profiled_cpu_seconds", fidelity->profiled_cpu},
          {"replayed_cpu_seconds", or_null(fidelity->replayed_cpu)},
          {"off", fidelity->off()},
          {"each_off", fidelity->each_off},
          {"most_off", fidelity->most_off},
          {"good", fidelity->good()}};
}

// All up to 64 in flight, then each doubling: 512 points of a curve say nothing more.
json prediction_json(const backend_prediction& prediction) {
  json curve = json::array();
  for (unsigned n = 1; n <= prediction.curve.size(); n = n < 64 ? n + 1 : 2 * n) {
    const network_point& point = prediction.at(n);
    curve.push_back({{"in_flight", point.customers},
                     {"throughput", point.throughput},
                     {"latency_seconds", point.response}});
  }
  return {{"backend", prediction.model.backend},
          {"overhead_seconds", prediction.model.overhead},
          {"most_in_service",
           prediction.model.most_in_service > 0 ? json(prediction.model.most_in_service) : json()},
          {"most_throughput", prediction.most_throughput},
          {"knee", prediction.knee},
          {"curve", std::move(curve)}};
}

json flip_json(const std::optional<flip_point>& flip) {
  if (!flip) return nullptr;
  return {{"cpu_factor", flip->factor},
          {"cpu_seconds", flip->cpu},
          {"backend", flip->backend},
          {"as_good_and_simpler", flip->is_simpler}};
}

json advice_json(const service_advice& advice) {
  if (advice.choice.empty()) return nullptr;
  json regrets = json::array();
  for (const approach_regret& each : advice.regrets) {
    regrets.push_back(
        {{"backend", each.label}, {"worst", each.worst}, {"load", text_or_null(each.load)}});
  }
  return {{"backend", advice.choice},
          {"is_todays_shape", advice.keep_own},
          {"gain_at_knee", ratio_json(advice.gain)},
          {"expected_throughput_at_knee", or_null(advice.expected)},
          {"raced_throughput_at_knee", or_null(advice.brought)},
          {"regrets", std::move(regrets)},
          {"flips_above", flip_json(advice.flips.above)},
          {"flips_below", flip_json(advice.flips.below)},
          {"because", advice.because},
          {"unless", advice.unless},
          {"verify", advice.verify}};
}

}  // namespace

json make_service_race_json(const service_race_result& result, const service_advice& advice) {
  json loads = json::array();
  for (const raced_load& load : result.loads) {
    loads.push_back({{"name", load.name},
                     {"rate_per_second", or_null(load.rate)},
                     {"in_flight", load.in_flight},
                     {"skipped", text_or_null(load.skipped)},
                     {"workload", load.place ? json(*load.place) : json()}});
  }
  json predictions = json::array();
  for (const backend_prediction& each : result.predictions) {
    predictions.push_back(prediction_json(each));
  }
  return {
      {"report", "service-race"},
      {"schema_version", 1},
      {"source", text_or_null(result.source)},
      {"cpus", result.cpus},
      {"request", demand_json(result.demand)},
      {"pool",
       {{"loops", result.pool.loops},
        {"loop_threads", result.pool.loop_threads},
        {"other_threads", result.pool.other_threads},
        {"processes", result.pool.processes}}},
      {"calibration", calibration_json(result.calibration)},
      {"fidelity", fidelity_json(result.fidelity)},
      {"no_advice", text_or_null(result.no_advice)},
      {"advice", advice_json(advice)},
      {"knee", result.knee},
      {"predictions", std::move(predictions)},
      {"loads", std::move(loads)},
      {"interrupted", result.interrupted},
      {"seconds", result.seconds},
      {"run", result.run.workloads.empty() ? json() : make_json_report(result.run, advice.races)}};
}

}  // namespace regatta
