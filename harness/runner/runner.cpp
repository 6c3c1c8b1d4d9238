// SPDX-License-Identifier: Apache-2.0
#include "harness/runner/runner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/runner/workload_run.hpp"

namespace regatta {

using std::chrono::duration;
using std::chrono::steady_clock;

namespace {

double seconds_since(steady_clock::time_point begin) {
  return duration<double>(steady_clock::now() - begin).count();
}

}  // namespace

bool run_result::complete() const {
  if (interrupted) return false;
  return std::none_of(workloads.begin(), workloads.end(),
                      [](const workload_result& each) { return each.not_run.has_value(); });
}

run_result run(const run_plan& plan, const run_hooks& hooks) {
  run_result result;
  result.plan = plan;
  result.plan.api_key.clear();
  result.plan.database.clear();
  const auto began = steady_clock::now();
  const auto end = began + plan.budget;
  result.where = read_environment();
  const auto throttled_before = read_throttling();
  const auto ticks_before = read_steal();

  if (plan.card_budget.count() > 0) {
    hooks.progress({"", "machine card", 0, 0});
    result.card = measure_machine_card(result.where.cpus, plan.card_budget);
    hooks.card(*result.card);
  }

  running_services services(plan);
  for (std::size_t i = 0; i < plan.workloads.size() && !result.interrupted; ++i) {
    // What earlier workloads left over of their shares goes to the later ones.
    const auto left = plan.workloads.size() - i;
    const auto now = steady_clock::now();
    const auto share = std::max(end - now, steady_clock::duration::zero()) / static_cast<int>(left);
    const double done = static_cast<double>(i) / static_cast<double>(plan.workloads.size());
    const auto say = [&](const std::string& doing, double fraction) {
      hooks.progress({plan.workloads[i].workload, doing,
                      done + fraction / static_cast<double>(plan.workloads.size()),
                      seconds_since(began)});
    };
    workload_result& one = result.workloads.emplace_back();
    try {
      workload_run(plan, plan.workloads[i], services, hooks, began, now + share, say).run(one);
    } catch (const interrupted_run&) {
      result.interrupted = true;
    }
    if (const auto database = services.description("database")) result.where.database = database;
  }

  result.seconds = seconds_since(began);
  if (const auto after = read_throttling(); after && throttled_before) {
    result.throttled = *after - *throttled_before;
  }
  if (const auto after = read_steal(); after && ticks_before) {
    result.stolen = steal_fraction(*after - *ticks_before);
  }
  return result;
}

}  // namespace regatta
