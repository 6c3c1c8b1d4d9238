// SPDX-License-Identifier: Apache-2.0
#include "reports/recommendation.hpp"

#include <algorithm>

#include "reports/comparison.hpp"
#include "reports/reasons.hpp"

namespace regatta {
namespace {

const char* name_of(race_metric by) {
  switch (by) {
    case race_metric::throughput:
      return "throughput";
    case race_metric::p99:
      return "p99 latency";
    case race_metric::p50:
      return "median latency";
    case race_metric::cpu:
      return "CPU per item";
    case race_metric::memory:
      return "memory";
  }
  return "?";
}

// CPU per item, then memory, then simplicity. CPU and memory decide only where they differ by more
// than noise does: these two are totals, without an interval.
constexpr double same_figure = 0.1;
constexpr double same_memory_bytes = 1 << 20;

// `tied` with the preferred one first, which is one of `candidates`.
std::vector<const cell_result*> preferred_order(std::vector<const cell_result*> tied,
                                                const std::vector<const cell_result*>& candidates,
                                                race_metric by, std::string& tie_break) {
  const auto cpu = [](const cell_result* cell) {
    return cell->usage ? cell->usage->user_seconds + cell->usage->system_seconds : 1e9;
  };
  const auto memory = [](const cell_result* cell) {
    return cell->memory && cell->memory->peak_pss ? static_cast<double>(*cell->memory->peak_pss)
                                                  : 1e18;
  };
  const auto complexity = [](const cell_result* cell) { return cell->info.complexity; };
  // Not an ordering by itself (it would not be transitive): keep those near the best, step by step.
  std::vector<const cell_result*> left = candidates;
  const auto keep_near_best = [&](auto figure, double slack, const char* name) {
    if (left.size() < 2) return;
    double best = figure(left.front());
    for (const auto* cell : left) best = std::min<double>(best, figure(cell));
    const std::size_t before = left.size();
    std::erase_if(
        left, [&](const auto* cell) { return figure(cell) > best * (1 + same_figure) + slack; });
    if (left.size() < before) tie_break = name;
  };
  // They tie in what they were raced by.
  if (by != race_metric::cpu) keep_near_best(cpu, 0, "CPU time per item");
  if (by != race_metric::memory) keep_near_best(memory, same_memory_bytes, "memory");
  if (left.size() > 1) {
    std::sort(left.begin(), left.end(),
              [&](auto* a, auto* b) { return complexity(a) < complexity(b); });
    if (complexity(left[0]) < complexity(left[1])) tie_break = "simplicity";
  }
  const auto first = std::find(tied.begin(), tied.end(), left.front());
  std::rotate(tied.begin(), first, first + 1);
  return tied;
}

}  // namespace

recommendation recommend(const workload_result& measured, const run_result& run) {
  recommendation advice;
  advice.workload = measured.plan.workload;
  advice.confidence = run.plan.confidence;
  advice.practical_difference = run.plan.practical_difference;
  const comparison compared = compare(measured, run.plan);
  advice.metric = name_of(compared.by);
  advice.settled = compared.settled;

  std::vector<const cell_result*> left;
  std::vector<const cell_result*> candidates;
  bool too_few = false;
  for (const contestant& each : compared.contestants) {
    advice.standings.push_back(
        {each.cell->choice.label, each.value, each.behind, each.left, each.excluded});
    if (!each.left) continue;
    too_few = too_few || (!left.empty() && !each.behind);
    left.push_back(each.cell);
    // What may still be far behind is not preferred for being simple.
    const bool near = !each.behind || each.behind->ratio <= 1 + run.plan.practical_difference;
    if (compared.settled || near) candidates.push_back(each.cell);
  }
  if (left.size() == 1) {
    advice.outcome = verdict::winner;
    advice.choice = {left.front()->choice.label};
  } else if (!left.empty()) {
    advice.outcome = too_few ? verdict::too_few : verdict::tie;
    for (const auto* cell : preferred_order(left, candidates, compared.by, advice.tie_break)) {
      advice.choice.push_back(cell->choice.label);
    }
  }
  for (const standing& place : advice.standings) {
    if (place.tied || !place.excluded.empty() || left.empty()) continue;
    advice.runner_up = place.label;
    advice.lead = place.behind;
    break;
  }
  add_reasons(advice, measured);
  add_caveats(advice, measured, run);
  return advice;
}

}  // namespace regatta
