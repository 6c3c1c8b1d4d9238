// SPDX-License-Identifier: Apache-2.0
#include "harness/crossover/crossover_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "harness/statistics/margin_test.hpp"
#include "harness/statistics/quantile.hpp"

namespace regatta {
namespace {

using std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

// Less leaves no time for the blocks that a decision takes.
constexpr double shortest_measurement = 1;

std::vector<double> costs_of(const cell_result& cell, race_metric by) {
  std::vector<double> costs;
  for (const epoch_sample& epoch : cell.epochs) costs.push_back(cost_of(epoch, by));
  return costs;
}

/// How many times `best` is ahead of `second`, over the blocks that both ran in.
std::optional<ratio_estimate> lead_of(const cell_result& best, const cell_result& second,
                                      race_metric by, double confidence) {
  std::vector<double> numerators;
  std::vector<double> denominators;
  auto theirs = second.epochs.begin();
  for (const epoch_sample& epoch : best.epochs) {
    while (theirs != second.epochs.end() && theirs->block < epoch.block) ++theirs;
    if (theirs == second.epochs.end()) break;
    if (theirs->block != epoch.block) continue;
    numerators.push_back(cost_of(*theirs, by));
    denominators.push_back(cost_of(epoch, by));
  }
  return anytime_ratio_interval(numerators, denominators, confidence);
}

}  // namespace

workload_plan with_parameter(workload_plan plan, const std::string& parameter, double value) {
  if (parameter == "in-flight") {
    plan.in_flight = static_cast<unsigned>(value);
  } else {
    plan.options.parameters[parameter] = value;
  }
  return plan;
}

crossover_point point_from(double at, const workload_result& measured, const run_plan& plan) {
  if (measured.not_run) throw std::runtime_error(*measured.not_run);
  std::vector<const cell_result*> cells;
  for (const cell_result& cell : measured.cells) {
    if (cell.ended == outcome::unavailable) {
      throw std::runtime_error(cell.choice.label + " is not available here: " + cell.reason);
    }
    cells.push_back(&cell);
  }
  crossover_point point;
  point.at = at;
  point.by = metric_of(plan.by, measured.plan.rate.has_value(), cells);
  point.blocks = measured.blocks;
  point.seconds = measured.seconds;

  constexpr double never = std::numeric_limits<double>::infinity();
  std::vector<double> costs;
  std::vector<std::size_t> contenders;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const cell_result& cell = *cells[i];
    const auto cost = cell.ok() ? median(costs_of(cell, point.by)) : std::nullopt;
    costs.push_back(cost.value_or(never));
    point.values.push_back(cost ? std::optional(value_of_cost(*cost, point.by)) : std::nullopt);
    for (const epoch_sample& epoch : cell.epochs) point.measuring_seconds += epoch.elapsed;
    if (!cell.ok()) {
      point.notes.push_back(
          fmt::format("{} {}: {}", cell.choice.label, to_string(cell.ended), cell.reason));
    } else if (!cell.eliminated_after) {
      contenders.push_back(i);
    }
  }
  if (contenders.empty()) throw std::runtime_error(fmt::format("{}", fmt::join(point.notes, "; ")));
  if (contenders.size() == 1) point.ahead = contenders.front();
  point.settled = point.ahead || (measured.race && measured.race->settled);

  std::vector<std::size_t> order(cells.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (point.ahead && (a == *point.ahead) != (b == *point.ahead)) return a == *point.ahead;
    return costs[a] < costs[b];
  });
  point.best = order[0];
  point.second = order[1];
  if (cells[point.second]->ok()) {
    point.lead = lead_of(*cells[point.best], *cells[point.second], point.by, plan.confidence);
  }
  return point;
}

crossover_result find_crossovers(const crossover_plan& plan, const run_hooks& hooks) {
  const auto began = steady_clock::now();
  const auto passed = [&] { return seconds(steady_clock::now() - began).count(); };
  const workload_plan& base = plan.base.workloads.front();
  crossover_result result;
  result.plan = base;
  result.parameter = plan.parameter;
  result.meaning = plan.meaning;
  result.axis = plan.axis;
  result.limits = plan.limits;
  result.confidence = plan.base.confidence;
  result.practical_difference = plan.base.practical_difference;
  result.budget = seconds(plan.base.budget).count();
  result.where = read_environment();

  run_plan each = plan.base;
  each.card_budget = {};
  // Every answer of the search may be wrong with its share of the error (union bound).
  each.confidence = 1 - (1 - plan.base.confidence) / static_cast<double>(plan.limits.most_points);
  double dearest_start = 0;

  const auto ask = [&](double at) -> std::optional<leader> {
    const auto left = static_cast<double>(plan.limits.most_points - result.points.size());
    const double remaining = result.budget - passed();
    const double share = remaining / left;
    if (!result.points.empty() && remaining < dearest_start + shortest_measurement) {
      result.ended = "the budget is used up";
      return std::nullopt;
    }
    each.budget = std::chrono::milliseconds(
        static_cast<std::int64_t>(1000 * std::max(share, dearest_start + shortest_measurement)));
    each.workloads = {with_parameter(base, plan.parameter, at)};
    run_hooks inner;
    inner.stop = hooks.stop;
    inner.progress = [&](const run_progress& progress) {
      hooks.progress({base.workload,
                      fmt::format("{}={:.6g}: {}", plan.parameter, at, progress.doing),
                      std::min(1.0, passed() / result.budget), passed()});
    };
    const run_result measured = run(each, inner);
    if (measured.interrupted) {
      result.interrupted = true;
      result.ended = "it was interrupted";
      return std::nullopt;
    }
    try {
      result.points.push_back(point_from(at, measured.workloads.front(), each));
    } catch (const std::runtime_error& error) {
      result.failure = fmt::format("at {}={:.6g}: {}", plan.parameter, at, error.what());
      result.ended = "a point could not be measured";
      return std::nullopt;
    }
    const crossover_point& point = result.points.back();
    dearest_start = std::max(dearest_start, point.seconds - point.measuring_seconds);
    return point.ahead;
  };
  const auto searched = search_crossovers(plan.axis, plan.limits, ask);
  if (result.ended.empty()) {
    const bool fine = !next_to_try(searched, plan.axis, plan.limits);
    result.ended = fine ? "every change of the lead is as near as was asked for"
                        : "the number of points was used up";
  }
  std::sort(result.points.begin(), result.points.end(),
            [](const auto& a, const auto& b) { return a.at < b.at; });
  result.zones = zones_of(searched);
  result.crossovers = crossovers_of(searched);
  result.seconds = passed();
  return result;
}

}  // namespace regatta
