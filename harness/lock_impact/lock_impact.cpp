// SPDX-License-Identifier: Apache-2.0
#include "harness/lock_impact/lock_impact.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/external/adapter_location.hpp"
#include "harness/external/external_backend.hpp"

namespace regatta {
namespace {

constexpr const char* model_thread = "thread, gil";
constexpr const char* model_process = "process, gil";
constexpr const char* twin_thread = "python-thread";
constexpr const char* twin_process = "python-process";

backend_choice choice_of(const std::string& backend, const std::string& label,
                         std::optional<lock_model> lock,
                         const std::map<std::string, std::string>& own = {}) {
  backend_choice choice{.backend = backend, .options = own, .label = label, .lock = lock};
  for (const backend_option& each : backends().at(backend).info.options) {
    choice.options.emplace(each.name, each.fallback);
  }
  return choice;
}

std::string thread_under(lock_model model) { return fmt::format("thread, {}", to_string(model)); }

const cell_result* find(const workload_result& one, const std::string& label) {
  for (const cell_result& cell : one.cells) {
    if (cell.choice.label == label) return &cell;
  }
  return nullptr;
}

using figure = std::optional<double> (*)(const epoch_sample&);
// An epoch without an answer had a rate below all others: so its pair keeps its side.
std::optional<double> throughput(const epoch_sample& epoch) {
  return std::max(epoch.throughput, 1e-9);
}
std::optional<double> median_latency(const epoch_sample& epoch) { return epoch.p50; }

// Of the blocks in which both ran.
std::optional<ratio_estimate> ratio_of(const workload_result& one, const std::string& above,
                                       const std::string& below, figure of, double confidence) {
  const cell_result* const a = find(one, above);
  const cell_result* const b = find(one, below);
  if (a == nullptr || b == nullptr) return std::nullopt;
  std::vector<double> numerators, denominators;
  for (const epoch_sample& each : a->epochs) {
    const auto match = std::find_if(b->epochs.begin(), b->epochs.end(),
                                    [&](const auto& other) { return other.block == each.block; });
    if (match == b->epochs.end()) continue;
    const auto x = of(each);
    const auto y = of(*match);
    if (!x || !y) continue;
    numerators.push_back(*x);
    denominators.push_back(*y);
  }
  return ratio_interval(numerators, denominators, confidence);
}

std::string why_missing(const workload_result& one) {
  if (one.not_run) return *one.not_run;
  for (const cell_result& cell : one.cells) {
    if (!cell.ok()) {
      return fmt::format("{}: {}: {}", cell.choice.label, to_string(cell.ended), cell.reason);
    }
  }
  return fmt::format("{} blocks are too few for an interval: raise --budget", one.blocks);
}

run_plan plan_of(run_plan base, const std::vector<lock_case>& cases,
                 const std::vector<backend_choice>& choices) {
  base.race = false;
  base.lock = lock_model::gil;  // what no choice says otherwise
  base.card_budget = {};
  base.workloads.clear();
  for (const lock_case& each : cases) {
    base.workloads.push_back(each.workload);
    base.workloads.back().backends = choices;
  }
  return base;
}

std::string runtime_of(const std::string& python) {
  const auto adapter = find_adapter("python_twin.py");
  if (!adapter) return "unknown";
  try {
    const adapter_hello hello = introduce_adapter({python, {*adapter}});
    const char* const lock = !hello.interpreter_lock   ? ""
                             : *hello.interpreter_lock ? ", with its lock"
                                                       : ", without a lock";
    return hello.runtime + lock;
  } catch (const std::exception&) {
    return "unknown";  // the cells say why
  }
}

}  // namespace

lock_impact_result conclude_impact(const run_result& run, const std::vector<lock_case>& cases,
                                   double confidence) {
  lock_impact_result result{.where = run.where, .confidence = confidence};
  const std::string none = thread_under(lock_model::none);
  const std::string gil = thread_under(lock_model::gil);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    lock_impact_row& row = result.rows.emplace_back();
    row.kind = cases[i].kind;
    row.workload = cases[i].workload.workload;
    row.parameters = cases[i].workload.options.parameters;
    if (i >= run.workloads.size()) {
      row.missing = "it was interrupted before this";
      continue;
    }
    const workload_result& one = run.workloads[i];
    if (const cell_result* const cell = find(one, none); cell != nullptr && cell->ok()) {
      std::vector<double> values;
      for (const epoch_sample& each : cell->epochs) values.push_back(each.throughput);
      row.unlocked = median(values);
    }
    row.gil = ratio_of(one, none, gil, throughput, confidence);
    row.gil_latency = ratio_of(one, gil, none, median_latency, confidence);
    row.free_threaded =
        ratio_of(one, none, thread_under(lock_model::free_threaded), throughput, confidence);
    if (!row.gil || !row.free_threaded) row.missing = why_missing(one);
  }
  result.seconds = run.seconds;
  result.interrupted = run.interrupted;
  return result;
}

lock_impact_result measure_lock_impact(run_plan base, const std::vector<lock_case>& cases,
                                       const run_hooks& hooks) {
  std::vector<backend_choice> choices;
  for (const lock_model each : all_lock_models) {
    choices.push_back(choice_of("thread", thread_under(each), each));
  }
  const double confidence = base.confidence;
  return conclude_impact(run(plan_of(std::move(base), cases, choices), hooks), cases, confidence);
}

lock_check_result conclude_check(const run_result& run, const std::vector<lock_case>& cases,
                                 double confidence) {
  lock_check_result result{.where = run.where, .confidence = confidence};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    lock_check_row& row = result.rows.emplace_back();
    row.kind = cases[i].kind;
    row.workload = cases[i].workload.workload;
    row.parameters = cases[i].workload.options.parameters;
    row.tolerance = cases[i].tolerance;
    if (i >= run.workloads.size()) {
      row.missing = "it was interrupted before this";
      continue;
    }
    const workload_result& one = run.workloads[i];
    row.model = ratio_of(one, model_thread, model_process, throughput, confidence);
    row.twin = ratio_of(one, twin_thread, twin_process, throughput, confidence);
    if (!row.model || !row.twin) row.missing = why_missing(one);
  }
  result.seconds = run.seconds;
  result.interrupted = run.interrupted;
  return result;
}

lock_check_result check_lock(run_plan base, const std::vector<lock_case>& cases,
                             const std::string& python, const run_hooks& hooks) {
  const std::map<std::string, std::string> interpreter = {{"python", python}};
  const std::vector<backend_choice> choices = {
      choice_of("thread", model_thread, lock_model::gil),
      choice_of("process", model_process, lock_model::gil),
      choice_of("python-thread", twin_thread, std::nullopt, interpreter),
      choice_of("python-process", twin_process, std::nullopt, interpreter)};
  const double confidence = base.confidence;
  lock_check_result result =
      conclude_check(run(plan_of(std::move(base), cases, choices), hooks), cases, confidence);
  result.runtime = runtime_of(python);
  return result;
}

}  // namespace regatta
