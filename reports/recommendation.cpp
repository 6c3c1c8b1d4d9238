// SPDX-License-Identifier: Apache-2.0
#include "reports/recommendation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "reports/figures.hpp"
#include "reports/reasons.hpp"

namespace regatta {
namespace {

// What approaches are compared by. In an open loop the throughput is the load's, not theirs.
enum class metric { throughput, p99, p50 };

metric metric_for(const workload_result& measured) {
  if (!measured.plan.rate) return metric::throughput;
  for (const cell_result& cell : measured.cells) {
    for (const epoch_sample& epoch : cell.epochs) {
      if (!epoch.p99) return metric::p50;  // epochs too short to show it: the same for all
    }
  }
  return metric::p99;
}

// Larger is better: one over a latency.
std::optional<double> value_of(const epoch_sample& epoch, metric by) {
  if (by == metric::throughput) return epoch.throughput;
  const auto latency = by == metric::p99 ? epoch.p99 : epoch.p50;
  if (!latency || *latency <= 0) return std::nullopt;
  return 1 / *latency;
}

std::map<unsigned, double> by_block(const cell_result& cell, metric by) {
  std::map<unsigned, double> values;
  for (const epoch_sample& epoch : cell.epochs) {
    if (const auto value = value_of(epoch, by)) values[epoch.block] = *value;
  }
  return values;
}

struct candidate {
  const cell_result* cell;
  std::map<unsigned, double> values;
  double middle;
};

std::vector<candidate> candidates_of(const workload_result& measured, metric by) {
  std::vector<candidate> candidates;
  for (const cell_result& cell : measured.cells) {
    if (!cell.ok()) continue;
    candidate each{&cell, by_block(cell, by), 0};
    std::vector<double> values;
    for (const auto& [block, value] : each.values) values.push_back(value);
    const auto middle = median(values);
    if (!middle) continue;
    each.middle = *middle;
    candidates.push_back(std::move(each));
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const candidate& a, const candidate& b) { return a.middle > b.middle; });
  return candidates;
}

// Stands in for an epoch in which not one item was finished.
constexpr double no_progress = 1e-9;

std::optional<ratio_estimate> compare(const candidate& leader, const candidate& other,
                                      double confidence) {
  std::vector<double> ahead;
  std::vector<double> behind;
  for (const auto& [block, value] : leader.values) {
    const auto match = other.values.find(block);
    if (match == other.values.end()) continue;
    // A ratio needs two positive numbers; only its order counts for the interval.
    ahead.push_back(std::max(value, no_progress));
    behind.push_back(std::max(match->second, no_progress));
  }
  return ratio_interval(ahead, behind, confidence);
}

// CPU per item, then memory, then simplicity. CPU and memory decide only where they differ by more
// than noise does: these two are totals, without an interval.
constexpr double same_figure = 0.1;
constexpr double same_memory_bytes = 1 << 20;

std::vector<const cell_result*> preferred_order(std::vector<const cell_result*> tied,
                                                std::string& tie_break) {
  const auto cpu = [](const cell_result* cell) {
    return cell->usage ? cell->usage->user_seconds + cell->usage->system_seconds : 1e9;
  };
  const auto memory = [](const cell_result* cell) {
    return cell->memory && cell->memory->peak_pss ? static_cast<double>(*cell->memory->peak_pss)
                                                  : 1e18;
  };
  const auto complexity = [](const cell_result* cell) { return cell->info.complexity; };
  // Not an ordering by itself (it would not be transitive): keep those near the best, step by step.
  std::vector<const cell_result*> left = tied;
  const auto keep_near_best = [&](auto figure, double slack, const char* name) {
    if (left.size() < 2) return;
    double best = figure(left.front());
    for (const auto* cell : left) best = std::min<double>(best, figure(cell));
    const std::size_t before = left.size();
    std::erase_if(
        left, [&](const auto* cell) { return figure(cell) > best * (1 + same_figure) + slack; });
    if (left.size() < before) tie_break = name;
  };
  keep_near_best(cpu, 0, "CPU time per item");
  keep_near_best(memory, same_memory_bytes, "memory");
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
  const metric by = metric_for(measured);
  advice.metric = by == metric::throughput ? "throughput"
                  : by == metric::p99      ? "p99 latency"
                                           : "median latency";
  const auto candidates = candidates_of(measured, by);
  if (candidates.empty()) {
    add_caveats(advice, measured, run);
    return advice;
  }

  const double delta = advice.practical_difference;
  const double rivals = std::max<double>(1, static_cast<double>(candidates.size()) - 1);
  const double each_confidence = 1 - (1 - advice.confidence) / rivals;
  std::vector<const cell_result*> tied;
  bool too_few = false;
  for (const candidate& each : candidates) {
    standing place{each.cell->choice.label, each.middle, {}, true, {}};
    if (&each != &candidates.front()) {
      place.behind = compare(candidates.front(), each, each_confidence);
      too_few = too_few || !place.behind;
      place.tied = !place.behind || place.behind->lower <= 1 + delta;
    }
    if (measured.plan.rate) place.value = 1 / place.value;
    if (place.tied) tied.push_back(each.cell);
    advice.standings.push_back(std::move(place));
  }

  if (tied.size() == 1) {
    advice.outcome = verdict::winner;
    advice.choice = {tied.front()->choice.label};
  } else {
    advice.outcome = too_few ? verdict::too_few : verdict::tie;
    for (const auto* cell : preferred_order(tied, advice.tie_break)) {
      advice.choice.push_back(cell->choice.label);
    }
  }
  for (const standing& place : advice.standings) {
    if (std::find(advice.choice.begin(), advice.choice.end(), place.label) != advice.choice.end()) {
      continue;
    }
    advice.runner_up = place.label;
    advice.lead = place.behind;
    break;
  }
  add_reasons(advice, measured);
  add_caveats(advice, measured, run);
  return advice;
}

}  // namespace regatta
