// SPDX-License-Identifier: Apache-2.0
#include "reports/json_report.hpp"

#include <nlohmann/json.hpp>

namespace regatta {
namespace {

using json = nlohmann::ordered_json;

template <class T>
json maybe(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}
json maybe_time(const std::optional<fractional_ns>& time) {
  return time ? json(time->count() * 1e-9) : json(nullptr);
}
json maybe_interval(const std::optional<interval>& range) {
  return range ? json{range->lower, range->upper} : json(nullptr);
}
double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

const char* text(work_kind kind) {
  switch (kind) {
    case work_kind::cpu_bound:
      return "cpu-bound";
    case work_kind::io_bound:
      return "io-bound";
    case work_kind::mixed:
      return "mixed";
  }
  return "?";
}
const char* text(dataset_scale scale) {
  switch (scale) {
    case dataset_scale::quick:
      return "quick";
    case dataset_scale::standard:
      return "standard";
    case dataset_scale::full:
      return "full";
  }
  return "?";
}
const char* text(verdict value) {
  switch (value) {
    case verdict::winner:
      return "winner";
    case verdict::tie:
      return "tie";
    case verdict::too_few:
      return "too few blocks";
    case verdict::nothing:
      return "nothing to recommend";
  }
  return "?";
}

const char* text(objective value) {
  switch (value) {
    case objective::throughput:
      return "throughput";
    case objective::p99:
      return "p99";
    case objective::cpu:
      return "cpu";
    case objective::memory:
      return "memory";
  }
  return "?";
}

json render(const throttling& value) {
  return {{"periods", value.periods},
          {"throttled_periods", value.throttled_periods},
          {"throttled_seconds", seconds(value.throttled_time)}};
}

json render(const environment& where) {
  return {{"started_at", where.started_at},
          {"hostname", where.hostname},
          {"kernel", where.kernel},
          {"cpu_model", where.cpu_model},
          {"visible_cpus", where.cpus.visible},
          {"usable_cpus", where.cpus.usable},
          {"affinity", where.cpus.affinity},
          {"quota_cpus", maybe(where.cpus.quota_cpus)},
          {"quota_source", where.cpus.quota_source},
          {"throttled_before", where.throttled ? render(*where.throttled) : json(nullptr)},
          {"steal_since_boot", maybe(where.stolen)},
          {"load_average", maybe(where.load_average)},
          {"memory_total_bytes", maybe(where.memory_total_bytes)},
          {"memory_available_bytes", maybe(where.memory_available_bytes)},
          {"virtual_machine", maybe(where.virtual_machine)},
          {"scaling_governor", maybe(where.scaling_governor)},
          {"clocksource", maybe(where.clocksource)},
          {"address_randomisation", maybe(where.address_randomisation)},
          {"compiler", where.build.compiler},
          {"build_type", where.build.type},
          {"git_revision", where.build.revision},
          {"sanitizer", where.build.sanitizer},
          {"optimized", where.build.optimized}};
}

json render(const std::optional<wake_cost>& wake) {
  if (!wake) return nullptr;
  return {{"sender_seconds", wake->sender.count() * 1e-9},
          {"latency_seconds", wake->latency.count() * 1e-9}};
}

json render(const machine_card& card) {
  return {{"clock_read_seconds", maybe_time(card.clock_read)},
          {"system_call_seconds", maybe_time(card.system_call)},
          {"cache_line_round_trip_seconds", maybe_time(card.line_round_trip)},
          {"wake_same_cpu", render(card.wake_same_cpu)},
          {"wake_other_cpu", render(card.wake_other_cpu)},
          {"fork_and_wait_seconds", maybe_time(card.fork_and_wait)},
          {"page_fault_seconds", maybe_time(card.page_fault)},
          {"copy_64_kib_gb_per_second", maybe(card.copy_64_kib_gb_s)},
          {"copy_64_mib_gb_per_second", maybe(card.copy_64_mib_gb_s)},
          {"packed_fraction", maybe(card.packed_fraction)},
          {"unpinned_gain", maybe(card.unpinned_gain)},
          {"pinned_gain", maybe(card.pinned_gain)},
          {"cpus", card.cpus},
          {"took_seconds", static_cast<double>(card.took.count()) * 1e-3}};
}

json render(const epoch_sample& epoch) {
  return {{"block", epoch.block},
          {"position", epoch.position},
          {"at_seconds", epoch.at},
          {"elapsed_seconds", epoch.elapsed},
          {"throughput", epoch.throughput},
          {"items", epoch.items},
          {"failures", epoch.failures},
          {"unserved", epoch.unserved},
          {"p50_seconds", maybe(epoch.p50)},
          {"p99_seconds", maybe(epoch.p99)},
          {"cpu_per_item_seconds", maybe(epoch.cpu_per_item)},
          {"pss_bytes", maybe(epoch.pss)},
          {"steal", maybe(epoch.steal)}};
}

json render(const latency_summary& latency) {
  return {{"count", latency.count},
          {"p50_seconds", maybe(latency.p50)},
          {"p90_seconds", maybe(latency.p90)},
          {"p99_seconds", maybe(latency.p99)},
          {"p99_9_seconds", maybe(latency.p999)},
          {"max_seconds", maybe(latency.max)},
          {"p50_interval_95", maybe_interval(latency.p50_interval)},
          {"p99_interval_95", maybe_interval(latency.p99_interval)}};
}

json render(const std::optional<usage_per_item>& usage) {
  if (!usage) return nullptr;
  return {{"user_seconds", usage->user_seconds},
          {"system_seconds", usage->system_seconds},
          {"voluntary_switches", usage->voluntary_switches},
          {"involuntary_switches", usage->involuntary_switches},
          {"minor_faults", usage->minor_faults},
          {"major_faults", usage->major_faults}};
}

json render(const std::optional<memory_summary>& memory) {
  if (!memory) return nullptr;
  return {{"peak_resident_bytes", memory->peak_resident},
          {"idle_pss_bytes", maybe(memory->idle_pss)},
          {"peak_pss_bytes", maybe(memory->peak_pss)},
          {"per_item_in_flight_bytes", maybe(memory->per_item_in_flight)},
          {"kernel_bytes", memory->kernel_bytes},
          {"processes", memory->processes},
          {"threads", memory->threads}};
}

json render(const cell_result& cell) {
  // What was measured counts only if all went well, and a cell that never started has no facts.
  json epochs = json::array();
  std::vector<double> throughputs;
  if (cell.ok()) {
    for (const epoch_sample& epoch : cell.epochs) {
      epochs.push_back(render(epoch));
      throughputs.push_back(epoch.throughput);
    }
  }
  const auto fact = [&](auto value) { return cell.startup ? json(value) : json(nullptr); };
  return {{"backend", cell.choice.backend},
          {"label", cell.choice.label},
          {"options", cell.choice.options},
          {"outcome", to_string(cell.ended)},
          {"reason", cell.reason.empty() ? json(nullptr) : json(cell.reason)},
          {"median_throughput", maybe(median(throughputs))},
          {"latency", cell.ok() ? render(cell.latency) : json(nullptr)},
          {"per_item", cell.ok() ? render(cell.usage) : json(nullptr)},
          {"memory", render(cell.memory)},
          {"startup_seconds", maybe(cell.startup)},
          {"dataset_load_seconds", maybe(cell.dataset_load)},
          {"workers", fact(cell.facts.workers)},
          {"items_in_service_at_most", fact(cell.facts.capacity)},
          {"pinned", fact(cell.facts.pinned)},
          {"bytes_serialised", fact(cell.facts.bytes_serialised)},
          {"bytes_copied", fact(cell.facts.bytes_copied)},
          {"startup_bytes_copied", fact(cell.facts.startup_bytes_copied)},
          {"workers_lost", fact(cell.facts.workers_lost)},
          {"items", cell.items},
          {"failures", cell.failures},
          {"first_failure", cell.first_failure.empty() ? json(nullptr) : json(cell.first_failure)},
          {"eliminated_after_block", maybe(cell.eliminated_after)},
          {"beaten_by", cell.beaten_by.empty() ? json(nullptr) : json(cell.beaten_by)},
          {"epochs", std::move(epochs)}};
}

json render(const std::optional<ratio_estimate>& ratio) {
  if (!ratio) return nullptr;
  return {{"ratio", ratio->ratio},           {"lower", ratio->lower}, {"upper", ratio->upper},
          {"confidence", ratio->confidence}, {"pairs", ratio->pairs}, {"ties", ratio->ties}};
}

json render(const recommendation& advice) {
  json standings = json::array();
  for (const standing& place : advice.standings) {
    standings.push_back(
        {{"label", place.label},
         {"value", place.value},
         {"leader_over_this", render(place.behind)},
         {"in_tie_set", place.tied},
         {"excluded", place.excluded.empty() ? json(nullptr) : json(place.excluded)}});
  }
  return {{"verdict", text(advice.outcome)},
          {"metric", advice.metric},
          {"settled", advice.settled},
          {"choice", advice.choice},
          {"tie_break", advice.tie_break.empty() ? json(nullptr) : json(advice.tie_break)},
          {"runner_up", maybe(advice.runner_up)},
          {"lead", render(advice.lead)},
          {"confidence", advice.confidence},
          {"practical_difference", advice.practical_difference},
          {"because", advice.because},
          {"unless", advice.unless},
          {"caveats", advice.caveats},
          {"standings", std::move(standings)}};
}

json render(const std::optional<race_receipt>& race) {
  if (!race) return nullptr;
  return {{"settled", race->settled},
          {"ended", race->ended},
          {"epochs", race->epochs},
          {"seconds", race->seconds},
          {"fixed_epochs", race->fixed_epochs},
          {"fixed_seconds", race->fixed_seconds}};
}

json render(const workload_result& one, const recommendation& advice) {
  json cells = json::array();
  for (const cell_result& cell : one.cells) cells.push_back(render(cell));
  const auto known = [&](auto value) { return one.not_run ? json(nullptr) : json(value); };
  return {
      {"workload", one.plan.workload},
      {"kind", text(one.info.kind)},
      {"summary", one.info.summary},
      {"scale", text(one.plan.options.scale)},
      {"input", one.plan.options.input ? json(one.plan.options.input->string()) : json(nullptr)},
      {"load", one.plan.rate ? "open loop" : "closed loop"},
      {"in_flight", one.plan.in_flight},
      {"rate", maybe(one.plan.rate)},
      {"not_run", maybe(one.not_run)},
      {"verified", known(one.verified)},
      {"distinct_items", known(one.distinct_items)},
      {"dataset_bytes", known(one.dataset_bytes)},
      {"blocks", one.blocks},
      {"window_seconds", known(one.window)},
      {"seconds", one.seconds},
      {"race", render(one.race)},
      {"recommendation", render(advice)},
      {"cells", std::move(cells)}};
}

}  // namespace

json make_json_report(const run_result& run, const std::vector<recommendation>& advice) {
  json measured = json::array();
  for (std::size_t i = 0; i < run.workloads.size(); ++i) {
    measured.push_back(render(run.workloads[i], advice[i]));
  }
  return {
      {"schema_version", report_schema_version},
      {"generator", {{"name", "regatta"}, {"version", REGATTA_VERSION}}},
      {"suite", run.plan.suite},
      {"complete", run.complete()},
      {"interrupted", run.interrupted},
      {"method",
       {{"design",
         "a process per cell; randomised complete blocks of epochs; the same items for all rivals "
         "of a block"},
        {"interval", "sign interval of paired log ratios, leader against each rival"},
        {"confidence", run.plan.confidence},
        {"practical_difference", run.plan.practical_difference},
        {"objective", text(run.plan.by)},
        {"race", run.plan.race},
        {"constraints",
         {{"slo_p99_seconds", maybe(run.plan.required.slo_p99)},
          {"max_memory_bytes", maybe(run.plan.required.max_memory)},
          {"isolate", run.plan.required.isolate},
          {"sync_libraries", run.plan.required.sync_libraries}}},
        {"budget_seconds", static_cast<double>(run.plan.budget.count()) * 1e-3},
        {"seed", run.plan.seed},
        {"service_settings", run.plan.service_settings}}},
      {"seconds", run.seconds},
      {"throttled_during_run", run.throttled ? render(*run.throttled) : json(nullptr)},
      {"steal_during_run", maybe(run.stolen)},
      {"environment", render(run.where)},
      {"machine_card", run.card ? render(*run.card) : json(nullptr)},
      {"workloads", std::move(measured)}};
}

}  // namespace regatta
