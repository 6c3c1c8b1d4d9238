// SPDX-License-Identifier: Apache-2.0
#include "harness/race_metric.hpp"

#include <algorithm>

namespace regatta {
namespace {

// Stands in for an epoch in which not one item was finished. Only its order counts.
constexpr double no_progress = 1e18;
constexpr double least = 1e-9;  // a ratio needs positive numbers

// A p99 takes a hundred items. Closed loops finish more in one epoch than in the next: the first
// must have enough to spare. In open loops all rivals of a block have the same arrivals.
constexpr std::uint64_t items_to_spare = 150;

bool shows_p99(const epoch_sample& epoch, bool open_loop) {
  return epoch.p99 && (open_loop || epoch.items >= items_to_spare);
}

}  // namespace

race_metric metric_of(objective by, bool open_loop, const std::vector<const cell_result*>& cells) {
  if (by == objective::cpu) return race_metric::cpu;
  if (by == objective::memory) return race_metric::memory;
  if (by == objective::throughput && !open_loop) return race_metric::throughput;
  const bool shown = std::all_of(cells.begin(), cells.end(), [&](const cell_result* cell) {
    return cell->epochs.empty() || shows_p99(cell->epochs.front(), open_loop);
  });
  return shown ? race_metric::p99 : race_metric::p50;
}

double cost_of(const epoch_sample& epoch, race_metric by) {
  const auto known = [](const auto& figure) {
    return figure ? std::max(static_cast<double>(*figure), least) : no_progress;
  };
  switch (by) {
    case race_metric::throughput:
      return 1 / std::max(epoch.throughput, 1 / no_progress);
    case race_metric::p99:
      return known(epoch.p99);
    case race_metric::p50:
      return known(epoch.p50);
    case race_metric::cpu:
      return known(epoch.cpu_per_item);
    case race_metric::memory:
      return known(epoch.pss);
  }
  return no_progress;
}

double value_of_cost(double cost, race_metric by) {
  return by == race_metric::throughput ? 1 / cost : cost;
}

}  // namespace regatta
