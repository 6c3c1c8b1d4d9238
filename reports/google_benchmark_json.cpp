// SPDX-License-Identifier: Apache-2.0
#include "reports/google_benchmark_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/statistics/quantile.hpp"
#include "reports/report_fields.hpp"

namespace regatta {
namespace {

using json = nlohmann::ordered_json;

// Readers split names at '/' and some take "key:value" apart; conbench looks at the CPU time
// unless it finds "/real_time".
std::string name_of(const workload_result& measured, const std::string& label) {
  const workload_plan& plan = measured.plan;
  std::string name =
      fmt::format("{}/backend:{}/in_flight:{}", plan.workload, label, plan.in_flight);
  if (plan.rate) name += fmt::format("/rate:{}", *plan.rate);
  for (const auto& [parameter, value] : parameters_of(measured)) {
    name += fmt::format("/{}:{}", parameter, value);
  }
  return name;
}

double mean_cpu_per_item(const cell_result& cell) {
  // The format has no way to leave it out: compare.py stops without it.
  return cell.usage ? cell.usage->user_seconds + cell.usage->system_seconds : 0;
}

bool has_time(const epoch_sample& epoch) {
  return std::isfinite(epoch.throughput) && epoch.throughput > 0;
}

void add_if_finite(json& row, const char* key, std::optional<double> value) {
  if (value && std::isfinite(*value)) row[key] = *value;
}

// The rows of one cell: Google Benchmark's repetitions are our epochs.
void add_rows(json& rows, const cell_result& cell, const std::string& name, std::size_t family) {
  std::vector<double> times, cpu_times, rates;
  json own = json::array();
  for (const epoch_sample& epoch : cell.epochs) {
    if (!has_time(epoch)) continue;
    times.push_back(1e9 / epoch.throughput);
    cpu_times.push_back(1e9 * epoch.cpu_per_item.value_or(mean_cpu_per_item(cell)));
    rates.push_back(epoch.throughput);
    json row = {{"name", name},
                {"family_index", family},
                {"per_family_instance_index", 0},
                {"run_name", name},
                {"run_type", "iteration"},
                {"repetitions", 0},
                {"repetition_index", own.size()},
                {"threads", 1},
                {"iterations", epoch.items},
                {"real_time", times.back()},
                {"cpu_time", cpu_times.back()},
                {"time_unit", "ns"},
                {"items_per_second", epoch.throughput}};
    add_if_finite(row, "p50_seconds", epoch.p50);
    add_if_finite(row, "p99_seconds", epoch.p99);
    own.push_back(std::move(row));
  }
  for (json& row : own) {
    row["repetitions"] = own.size();
    rows.push_back(std::move(row));
  }
  if (times.empty()) return;
  // For readers that keep one value per name, of which the last epoch's would be a poor one.
  rows.push_back({{"name", name + "_median"},
                  {"family_index", family},
                  {"per_family_instance_index", 0},
                  {"run_name", name},
                  {"run_type", "aggregate"},
                  {"repetitions", times.size()},
                  {"threads", 1},
                  {"aggregate_name", "median"},
                  {"aggregate_unit", "time"},
                  {"iterations", times.size()},
                  {"real_time", *median(times)},
                  {"cpu_time", *median(cpu_times)},
                  {"time_unit", "ns"},
                  {"items_per_second", *median(rates)}});
}

// Why the cell has no rows, or fewer than epochs; empty: it has them all.
std::string missing(const cell_result& cell) {
  if (!cell.ok()) {
    return fmt::format("{}{}{}", to_string(cell.ended), cell.reason.empty() ? "" : ": ",
                       cell.reason);
  }
  const auto without = std::count_if(cell.epochs.begin(), cell.epochs.end(),
                                     [](const epoch_sample& each) { return !has_time(each); });
  return without == 0 ? "" : fmt::format("{} epochs without a right answer", without);
}

json context_of(const run_result& run, const std::vector<std::string>& without_rows) {
  const environment& where = run.where;
  std::string date = where.started_at;
  if (date.ends_with('Z')) date.replace(date.size() - 1, 1, "+00:00");
  json context = {{"date", date},
                  {"host_name", where.hostname},
                  {"executable", "regatta"},
                  {"num_cpus", where.cpus.usable},
                  {"caches", json::array()},  // Bencher refuses a file without it
                  {"load_avg", json::array()},
                  {"library_build_type", where.build.optimized ? "release" : "debug"},
                  {"json_schema_version", 1}};
  if (where.scaling_governor) {
    context["cpu_scaling_enabled"] = *where.scaling_governor != "performance";
  }
  if (where.address_randomisation) context["aslr_enabled"] = *where.address_randomisation != 0;
  if (where.load_average) context["load_avg"] = *where.load_average;
  // More context, as a program adds it: texts.
  context["regatta_version"] = REGATTA_VERSION;
  context["regatta_suite"] = run.plan.suite;
  context["regatta_complete"] = run.complete() ? "true" : "false";
  if (!without_rows.empty()) {
    context["regatta_without_rows"] = fmt::format("{}", fmt::join(without_rows, "; "));
  }
  return context;
}

}  // namespace

std::string render_google_benchmark(const run_result& run, const std::vector<recommendation>&) {
  json rows = json::array();
  std::vector<std::string> without_rows;
  std::set<std::string> names;
  std::size_t family = 0;
  for (const workload_result& each : run.workloads) {
    if (each.not_run) {
      without_rows.push_back(fmt::format("{}: {}", each.plan.workload, *each.not_run));
    }
    for (const cell_result& cell : each.cells) {
      std::string name = name_of(each, cell.choice.label);
      // The same again, at another scale or with another input.
      for (int entry = 2; !names.insert(name).second; ++entry) {
        name = fmt::format("{}/entry:{}", name_of(each, cell.choice.label), entry);
      }
      if (cell.ok()) add_rows(rows, cell, name + "/real_time", family++);
      if (const std::string why = missing(cell); !why.empty() && !each.not_run) {
        without_rows.push_back(fmt::format("{}: {}", name, why));
      }
    }
  }
  const json file = {{"context", context_of(run, without_rows)}, {"benchmarks", std::move(rows)}};
  return file.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace regatta
