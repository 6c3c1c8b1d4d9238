// SPDX-License-Identifier: Apache-2.0
#include "reports/run_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/race_metric.hpp"
#include "reports/compared_recommendations.hpp"
#include "reports/comparison_conclusions.hpp"
#include "reports/run_differences.hpp"

namespace regatta {
namespace {

/// One workload under one load, in each run that has it.
struct matched_workload {
  std::vector<const workload_result*> measured;
  std::vector<const recommendation*> advice;
};

bool same_load(const workload_result& a, const workload_result& b) {
  return a.plan.in_flight == b.plan.in_flight && a.plan.rate == b.plan.rate;
}

// A suite may have a workload under several loads: each goes with its like, or else with what is
// left of that name.
std::vector<matched_workload> match(std::span<const named_run> runs) {
  std::vector<matched_workload> matched;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& workloads = runs[i].run->workloads;
    std::vector<std::size_t> left(workloads.size());
    for (std::size_t each = 0; each < left.size(); ++each) left[each] = each;
    for (const bool alike : {true, false}) {
      std::erase_if(left, [&](std::size_t each) {
        const workload_result& one = workloads[each];
        for (matched_workload& other : matched) {
          const auto first = std::find_if(other.measured.begin(), other.measured.end(),
                                          [](const auto* result) { return result != nullptr; });
          if (other.measured[i] != nullptr || (*first)->plan.workload != one.plan.workload ||
              (alike && !same_load(**first, one))) {
            continue;
          }
          other.measured[i] = &one;
          other.advice[i] = &(*runs[i].advice)[each];
          return true;
        }
        return false;
      });
    }
    for (const std::size_t each : left) {
      matched_workload& fresh = matched.emplace_back();
      fresh.measured.resize(runs.size());
      fresh.advice.resize(runs.size());
      fresh.measured[i] = &workloads[each];
      fresh.advice[i] = &(*runs[i].advice)[each];
    }
  }
  return matched;
}

race_metric metric_in(const workload_result& one, const run_plan& plan) {
  std::vector<const cell_result*> cells;
  for (const cell_result& cell : one.cells) {
    if (cell.ok()) cells.push_back(&cell);
  }
  return metric_of(plan.by, one.plan.rate.has_value(), cells);
}

const cell_result* find(const workload_result* one, const std::string& label) {
  if (one == nullptr) return nullptr;
  for (const cell_result& cell : one->cells) {
    if (cell.choice.label == label) return &cell;
  }
  return nullptr;
}

run_figure figure_of(const cell_result* cell, race_metric by) {
  run_figure figure;
  figure.ended = cell == nullptr ? "not raced" : to_string(cell->ended);
  if (cell == nullptr || !cell->ok()) return figure;
  std::vector<double> values;
  for (const epoch_sample& epoch : cell->epochs) {
    values.push_back(value_of_cost(cost_of(epoch, by), by));
  }
  std::sort(values.begin(), values.end());
  figure.median = median(values);
  figure.lower = quantile(values, 0.25);
  figure.upper = quantile(values, 0.75);
  return figure;
}

void hold_against_first(std::vector<run_figure>& runs, double delta) {
  const run_figure& first = runs.front();
  if (!first.median || *first.median <= 0) return;
  for (std::size_t i = 1; i < runs.size(); ++i) {
    run_figure& other = runs[i];
    if (!other.median || *other.median <= 0) continue;
    other.over_first = *other.median / *first.median;
    if (!first.lower || !other.lower) continue;
    const bool beyond_delta = std::abs(std::log(*other.over_first)) > std::log1p(delta);
    const bool apart = *other.lower > *first.upper || *other.upper < *first.lower;
    other.moved = beyond_delta && apart;
  }
}

// In the order of the first run, then what only later ones have.
std::vector<std::string> labels_of(const matched_workload& matched) {
  std::vector<std::string> labels;
  const auto add = [&](const std::string& label) {
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
  };
  for (std::size_t i = 0; i < matched.measured.size(); ++i) {
    if (matched.measured[i] == nullptr) continue;
    for (const standing& place : matched.advice[i]->standings) add(place.label);
    for (const cell_result& cell : matched.measured[i]->cells) add(cell.choice.label);
  }
  return labels;
}

compared_workload compare_workload(std::span<const named_run> runs,
                                   const matched_workload& matched) {
  compared_workload result;
  std::set<std::string> metrics;
  std::optional<race_metric> by;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const workload_result* const one = matched.measured[i];
    if (one == nullptr) continue;
    if (result.workload.empty()) {
      result.workload = one->plan.workload;
      result.load = load_of(*one);
    }
    if (one->not_run || matched.advice[i]->standings.empty()) continue;
    metrics.insert(matched.advice[i]->metric);
    result.metric = matched.advice[i]->metric;
    by = metric_in(*one, runs[i].run->plan);
  }
  result.differences = differences_of_workload(runs, matched.measured);
  result.same_work =
      metrics.size() == 1 && std::none_of(result.differences.begin(), result.differences.end(),
                                          [](const run_difference& each) { return each.loud; });
  if (metrics.size() != 1) result.metric.clear();
  for (const std::string& label : labels_of(matched)) {
    compared_approach& approach = result.approaches.emplace_back();
    approach.label = label;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      approach.runs.push_back(
          figure_of(find(matched.measured[i], label), by.value_or(race_metric::throughput)));
      if (metrics.size() != 1) approach.runs.back().median.reset();
    }
    if (result.same_work) {
      hold_against_first(approach.runs, runs.front().run->plan.practical_difference);
    }
  }
  compare_recommendations(result, matched.measured, matched.advice);
  return result;
}

}  // namespace

std::string letter_of(std::size_t number) {
  return std::string(1, static_cast<char>('A' + static_cast<int>(number)));
}

run_comparison compare_runs(std::span<const named_run> runs) {
  run_comparison result;
  for (const named_run& each : runs) result.runs.push_back(each.name);
  result.differences = differences_of_runs(runs);
  for (const matched_workload& each : match(runs)) {
    result.workloads.push_back(compare_workload(runs, each));
  }
  conclude(result, runs);
  return result;
}

}  // namespace regatta
