// SPDX-License-Identifier: Apache-2.0
#include "reports/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "harness/constraint_check.hpp"
#include "harness/statistics/race.hpp"
#include "reports/figures.hpp"

namespace regatta {
namespace {

constexpr double unknown = std::numeric_limits<double>::infinity();

std::string excluded_because(const cell_result& cell, const constraints& required) {
  // A p99 that is not known is not shown to be short enough.
  const auto broken = broken_constraint(cell, required, cell.latency.p99.value_or(unknown));
  if (!broken) return "";
  switch (*broken) {
    case constraint::isolate:
      return "an item that crashes takes others along";
    case constraint::sync_libraries:
      return "an item that calls a library that blocks stops others";
    case constraint::max_memory:
      if (!cell.memory || !cell.memory->peak_pss) return "its memory could not be read";
      return fmt::format("it uses {} of memory, more than the {} allowed",
                         show_bytes(static_cast<double>(*cell.memory->peak_pss)),
                         show_bytes(static_cast<double>(*required.max_memory)));
    case constraint::slo_p99:
      if (!cell.latency.p99) {
        return fmt::format("{} items are too few to show that it keeps a p99 of {}",
                           show_whole(cell.latency.count), show_seconds(*required.slo_p99));
      }
      return fmt::format("its p99 is {}, above the {} asked for", show_seconds(cell.latency.p99),
                         show_seconds(*required.slo_p99));
  }
  return "";
}

std::vector<contestant> contestants_of(const workload_result& measured, const run_plan& plan,
                                       race_metric by) {
  std::vector<contestant> all;
  for (const cell_result& cell : measured.cells) {
    if (!cell.ok()) continue;
    contestant& one = all.emplace_back();
    one.cell = &cell;
    std::vector<double> values;
    for (const epoch_sample& epoch : cell.epochs) {
      const double cost = cost_of(epoch, by);
      one.costs[epoch.block] = cost;
      values.push_back(value_of_cost(cost, by));
    }
    one.value = *median(values);  // ok(): there is an epoch
    one.excluded = excluded_because(cell, plan.required);
  }
  std::sort(all.begin(), all.end(), [&](const contestant& a, const contestant& b) {
    return by == race_metric::throughput ? a.value > b.value : a.value < b.value;
  });
  return all;
}

// `interval` is ratio_interval(), or the one for those who stop when they like.
template <class Interval>
void hold_against(const contestant& leader, contestant& other, double confidence,
                  Interval interval) {
  std::vector<double> behind;
  std::vector<double> ahead;
  for (const auto& [block, cost] : leader.costs) {
    const auto match = other.costs.find(block);
    if (match == other.costs.end()) continue;
    behind.push_back(match->second);
    ahead.push_back(cost);
  }
  other.behind = interval(behind, ahead, confidence);
}

// As in multiple comparisons with the best (Hsu 1981): the leader against each of its rivals.
double for_each_of(std::size_t approaches, double confidence) {
  return 1 - (1 - confidence) / std::max<double>(1, static_cast<double>(approaches) - 1);
}

// The race as it was run, over the approaches that count now. A constraint that was known to be
// broken only later, when its latencies had been seen, must not change the correction.
race race_again(const std::vector<contestant>& all, const run_plan& plan) {
  race again(all.size(), {plan.confidence, plan.practical_difference});
  unsigned blocks = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    blocks = std::max(blocks, all[i].costs.rbegin()->first + 1);
    if (broken_constraint(*all[i].cell, plan.required, 0)) again.withdraw(i);
  }
  for (unsigned block = 0; block < blocks; ++block) {
    std::vector<std::optional<double>> costs(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto found = all[i].costs.find(block);
      if (all[i].excluded.empty() && found != all[i].costs.end()) costs[i] = found->second;
    }
    again.add_block(costs);
    for (std::size_t i = 0; block == 0 && i < all.size(); ++i) {
      if (!all[i].excluded.empty()) again.withdraw(i);
    }
  }
  return again;
}

void judge_race(comparison& result, const run_plan& plan) {
  std::vector<contestant>& all = result.contestants;
  const race again = race_again(all, plan);
  const std::vector<std::size_t> left = again.contenders();
  if (left.empty()) return;
  result.settled = again.state() != race_state::open;
  const auto rivals =
      static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const contestant& one) {
        return !broken_constraint(*one.cell, plan.required, 0);
      }));
  const double confidence = for_each_of(rivals, plan.confidence);
  const contestant& leader = all[left.front()];
  for (contestant& one : all) {
    if (&one != &leader) hold_against(leader, one, confidence, anytime_ratio_interval);
  }
  std::vector<contestant> sorted;
  for (const std::size_t i : left) {
    all[i].left = true;
    sorted.push_back(all[i]);
  }
  // Medians of a few early blocks and of many later ones do not compare, ratios to the leader do.
  std::erase_if(all, [](const contestant& one) { return one.left; });
  std::stable_sort(all.begin(), all.end(), [](const contestant& a, const contestant& b) {
    const auto ratio = [](const contestant& one) {
      return one.behind ? one.behind->ratio : unknown;
    };
    return ratio(a) < ratio(b);
  });
  all.insert(all.begin(), sorted.begin(), sorted.end());
}

void judge_fixed(comparison& result, const run_plan& plan) {
  std::vector<contestant>& all = result.contestants;
  const auto counts = [](const contestant& one) { return one.excluded.empty(); };
  const auto leader = std::find_if(all.begin(), all.end(), counts);
  if (leader == all.end()) return;
  const auto rivals = static_cast<std::size_t>(std::count_if(all.begin(), all.end(), counts));
  const double limit = 1 + plan.practical_difference;
  result.settled = true;
  leader->left = true;
  for (contestant& one : all) {
    if (&one == &*leader) continue;
    hold_against(*leader, one, for_each_of(rivals, plan.confidence), ratio_interval);
    if (!counts(one)) continue;
    one.left = !one.behind || one.behind->lower <= limit;
    if (one.left && (!one.behind || one.behind->upper > limit)) result.settled = false;
  }
  std::stable_partition(all.begin(), all.end(), [](const contestant& one) { return one.left; });
}

}  // namespace

comparison compare(const workload_result& measured, const run_plan& plan) {
  comparison result;
  std::vector<const cell_result*> cells;
  for (const cell_result& cell : measured.cells) {
    if (cell.ok()) cells.push_back(&cell);
  }
  result.by = metric_of(plan.by, measured.plan.rate.has_value(), cells);
  result.contestants = contestants_of(measured, plan, result.by);
  plan.race ? judge_race(result, plan) : judge_fixed(result, plan);
  std::stable_partition(result.contestants.begin(), result.contestants.end(),
                        [](const contestant& one) { return one.excluded.empty(); });
  return result;
}

}  // namespace regatta
