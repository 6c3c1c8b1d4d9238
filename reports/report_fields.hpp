// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "reports/environment_fields.hpp"
#include "reports/recommendation.hpp"

namespace regatta {

// How a run and what follows from it are stored (see json_fields.hpp). The fields' meaning and
// units are in schema/run-report.schema.json.

constexpr auto enum_names(work_kind) {
  return std::array<enum_name<work_kind>, 3>{{{work_kind::cpu_bound, "cpu-bound"},
                                              {work_kind::io_bound, "io-bound"},
                                              {work_kind::mixed, "mixed"}}};
}
constexpr auto enum_names(dataset_scale) {
  return std::array<enum_name<dataset_scale>, 3>{{{dataset_scale::quick, "quick"},
                                                  {dataset_scale::standard, "standard"},
                                                  {dataset_scale::full, "full"}}};
}
constexpr auto enum_names(objective) {
  return std::array<enum_name<objective>, 4>{{{objective::throughput, "throughput"},
                                              {objective::p99, "p99"},
                                              {objective::cpu, "cpu"},
                                              {objective::memory, "memory"}}};
}
constexpr auto enum_names(lock_model) {
  std::array<enum_name<lock_model>, all_lock_models.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = {all_lock_models[i],
                to_string(all_lock_models[i]).data()};  // literals: they end with a 0
  }
  return names;
}
constexpr auto enum_names(outcome) {
  using enum outcome;
  std::array<enum_name<outcome>, 6> names{};
  std::size_t at = 0;
  for (const outcome each : {ok, wrong_answer, failed, timed_out, crashed, unavailable}) {
    names[at++] = {each, to_string(each).data()};  // each is a literal: it ends with a 0
  }
  return names;
}
constexpr auto enum_names(verdict) {
  return std::array<enum_name<verdict>, 4>{{{verdict::winner, "winner"},
                                            {verdict::tie, "tie"},
                                            {verdict::too_few, "too few blocks"},
                                            {verdict::nothing, "nothing to recommend"}}};
}

constexpr auto enum_names(finding_kind) {
  return std::array<enum_name<finding_kind>, 1>{{{finding_kind::blocked_loop, "blocked loop"}}};
}

template <class Fields>
void fields(Fields& file, stored<Fields, epoch_sample>& epoch) {
  file("block", epoch.block);
  file("position", epoch.position);
  file("at_seconds", epoch.at);
  file("elapsed_seconds", epoch.elapsed);
  file("throughput", epoch.throughput);
  file("items", epoch.items);
  file("failures", epoch.failures);
  file("unserved", epoch.unserved);
  file("p50_seconds", epoch.p50);
  file("p99_seconds", epoch.p99);
  file("cpu_per_item_seconds", epoch.cpu_per_item);
  file("pss_bytes", epoch.pss);
  file("steal", epoch.steal);
}

template <class Fields>
void fields(Fields& file, stored<Fields, latency_summary>& latency) {
  file("count", latency.count);
  file("p50_seconds", latency.p50);
  file("p90_seconds", latency.p90);
  file("p99_seconds", latency.p99);
  file("p99_9_seconds", latency.p999);
  file("max_seconds", latency.max);
  file("p50_interval_95", latency.p50_interval);
  file("p99_interval_95", latency.p99_interval);
}

template <class Fields>
void fields(Fields& file, stored<Fields, usage_per_item>& usage) {
  file("user_seconds", usage.user_seconds);
  file("system_seconds", usage.system_seconds);
  file("voluntary_switches", usage.voluntary_switches);
  file("involuntary_switches", usage.involuntary_switches);
  file("minor_faults", usage.minor_faults);
  file("major_faults", usage.major_faults);
}

template <class Fields>
void fields(Fields& file, stored<Fields, memory_summary>& memory) {
  file("peak_resident_bytes", memory.peak_resident);
  file("idle_pss_bytes", memory.idle_pss);
  file("peak_pss_bytes", memory.peak_pss);
  file("per_item_in_flight_bytes", memory.per_item_in_flight);
  file("kernel_bytes", memory.kernel_bytes);
  file("processes", memory.processes);
  file("threads", memory.threads);
}

template <class Fields>
void fields(Fields& file, stored<Fields, finding>& found) {
  file("kind", found.kind);
  file("sentence", found.sentence);
  file("threshold_seconds", found.threshold);
  file("stretches", found.stretches);
  file("blocked_seconds", found.blocked);
  file("longest_seconds", found.longest);
  file("items", found.items);
  file("looked_at", found.looked_at);
  file.text("cause", found.cause);
  file.text("function", found.function);
  file.text("place", found.place);
}

template <class Fields>
void fields(Fields& file, stored<Fields, measure>& taken) {
  file("name", taken.name);
  file("count", taken.count);
  file("sum_seconds", taken.sum);
  file("p50_seconds", taken.p50);
  file("p90_seconds", taken.p90);
  file("p99_seconds", taken.p99);
  file("max_seconds", taken.max);
}

template <class Fields>
void fields(Fields& file, stored<Fields, backend_info>& info) {
  file("summary", info.summary);
  file("complexity", info.complexity);
  file("isolates", info.isolates);
  file("takes_blocking_code", info.takes_blocking_code);
  file("shared_dataset", info.shared_dataset);
}

/// What was measured counts only if all went well, and a cell that never started has no facts.
template <class Fields>
void fields(Fields& file, stored<Fields, cell_result>& cell) {
  file("backend", cell.choice.backend);
  file("label", cell.choice.label);
  file("options", cell.choice.options);
  file("properties", cell.info);
  file("outcome", cell.ended);
  file.text("reason", cell.reason);
  file.derived("median_throughput", [&] {
    std::vector<double> throughputs;
    for (const epoch_sample& epoch : cell.epochs) throughputs.push_back(epoch.throughput);
    return cell.ok() ? median(throughputs) : std::nullopt;
  });
  file.known_if(cell.ok(), "latency", cell.latency);
  file.known_if(cell.ok(), "per_item", cell.usage);
  file("memory", cell.memory);
  file("startup_seconds", cell.startup);
  file("dataset_load_seconds", cell.dataset_load);
  const bool started = cell.startup.has_value();
  file.known_if(started, "workers", cell.facts.workers);
  file.known_if(started, "items_in_service_at_most", cell.facts.capacity);
  file.known_if(started, "pinned", cell.facts.pinned);
  file.known_if(started, "bytes_serialised", cell.facts.bytes_serialised);
  file.known_if(started, "bytes_copied", cell.facts.bytes_copied);
  file.known_if(started, "startup_bytes_copied", cell.facts.startup_bytes_copied);
  file.known_if(started, "workers_lost", cell.facts.workers_lost);
  file.text("file_reads", cell.facts.file_reads);
  file("items", cell.items);
  file("failures", cell.failures);
  file.text("first_failure", cell.first_failure);
  file("eliminated_after_block", cell.eliminated_after);
  file.text("beaten_by", cell.beaten_by);
  file.known_if(cell.ok(), "findings", cell.findings);
  file.known_if(cell.ok(), "measures", cell.measures);
  if constexpr (Fields::writes) {
    file("epochs", cell.ok() ? cell.epochs : std::vector<epoch_sample>());
  } else {
    file("epochs", cell.epochs);
  }
}

template <class Fields>
void fields(Fields& file, stored<Fields, standing>& place) {
  file("label", place.label);
  file("value", place.value);
  file("leader_over_this", place.behind);
  file("in_tie_set", place.tied);
  file.text("excluded", place.excluded);
}

template <class Fields>
void fields(Fields& file, stored<Fields, recommendation>& advice) {
  file("verdict", advice.outcome);
  file("metric", advice.metric);
  file("settled", advice.settled);
  file("choice", advice.choice);
  file.text("tie_break", advice.tie_break);
  file("runner_up", advice.runner_up);
  file("lead", advice.lead);
  file("confidence", advice.confidence);
  file("practical_difference", advice.practical_difference);
  file("because", advice.because);
  file("unless", advice.unless);
  file("caveats", advice.caveats);
  file("standings", advice.standings);
}

template <class Fields>
void fields(Fields& file, stored<Fields, race_receipt>& race) {
  file("settled", race.settled);
  file("ended", race.ended);
  file("epochs", race.epochs);
  file("seconds", race.seconds);
  file("fixed_epochs", race.fixed_epochs);
  file("fixed_seconds", race.fixed_seconds);
}

/// Those the user has set and the workload's own for the others.
inline std::map<std::string, double> parameters_of(const workload_result& one) {
  auto values = one.plan.options.parameters;
  for (const workload_parameter& each : one.info.parameters) {
    values.emplace(each.name, each.fallback);
  }
  return values;
}

template <class Fields>
void fields(Fields& file, stored<Fields, workload_result>& one,
            stored<Fields, recommendation>& advice) {
  file("workload", one.plan.workload);
  file("kind", one.info.kind);
  file("summary", one.info.summary);
  file("needs", one.info.needs);
  file("scale", one.plan.options.scale);
  file("input", one.plan.options.input);
  file("model", one.plan.options.model);
  if constexpr (Fields::writes) {
    file("parameters", parameters_of(one));
  } else {
    file("parameters", one.plan.options.parameters);
  }
  file.derived("load", [&] { return one.plan.rate ? "open loop" : "closed loop"; });
  file("in_flight", one.plan.in_flight);
  file("rate", one.plan.rate);
  file("not_run", one.not_run);
  file.known_if(!one.not_run, "verified", one.verified);
  file.known_if(!one.not_run, "distinct_items", one.distinct_items);
  file.known_if(!one.not_run, "dataset_bytes", one.dataset_bytes);
  file("blocks", one.blocks);
  file.known_if(!one.not_run, "window_seconds", one.window);
  file("seconds", one.seconds);
  file("race", one.race);
  file("recommendation", advice);
  file("cells", one.cells);
}

template <class Fields>
void fields(Fields& file, stored<Fields, constraints>& required) {
  file("slo_p99_seconds", required.slo_p99);
  file("max_memory_bytes", required.max_memory);
  file("isolate", required.isolate);
  file("sync_libraries", required.sync_libraries);
}

/// Without what follows a '?', which may be a secret.
inline endpoint_map without_queries(endpoint_map endpoints) {
  for (auto& [service, address] : endpoints) address = address.substr(0, address.find('?'));
  return endpoints;
}

template <class Fields>
void fields_of_method(Fields& file, stored<Fields, run_plan>& plan) {
  file.derived("design", [] {
    return "a process per cell; randomised complete blocks of epochs; the same items for all "
           "rivals of a block; in a race, a block is of the rivals left";
  });
  file.derived("interval", [] {
    return "of paired log ratios, leader against each rival: a sign interval; in a race, valid at "
           "every look";
  });
  file("confidence", plan.confidence);
  file("practical_difference", plan.practical_difference);
  file("objective", plan.by);
  file("race", plan.race);
  file("blocked_over_seconds", plan.blocked_over);
  file("interpreter_lock", plan.lock);
  file("constraints", plan.required);
  file("budget_seconds", plan.budget);
  file("machine_card_budget_seconds", plan.card_budget);
  file("item_timeout_seconds", plan.item_timeout);
  file("most_blocks", plan.most_blocks);
  file("seed", plan.seed);
  file("service_settings", plan.service_settings);
  if constexpr (Fields::writes) {
    file("external_endpoints", without_queries(plan.external_endpoints));
  } else {
    file("external_endpoints", plan.external_endpoints);
  }
}

/// All but the workloads, which stand beside their recommendations.
template <class Fields>
void fields(Fields& file, stored<Fields, run_result>& run) {
  file("suite", run.plan.suite);
  file.derived("complete", [&] { return run.complete(); });
  file("interrupted", run.interrupted);
  file.group("method", [&](Fields& method) { fields_of_method(method, run.plan); });
  file("seconds", run.seconds);
  file("throttled_during_run", run.throttled);
  file("steal_during_run", run.stolen);
  file("warnings", run.warnings);
  file("environment", run.where);
  file("machine_card", run.card);
}

}  // namespace regatta
