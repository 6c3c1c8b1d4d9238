// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/run_result.hpp"

namespace regatta {

/// What a workload's approaches are compared by: the objective, as far as its epochs can show it.
enum class race_metric { throughput, p99, p50, cpu, memory };

/// The same for all of `cells`: in an open loop the throughput is the load's and p99 stands in for
/// it; where an epoch of one of them is too short to show p99, the median stands in for that.
/// Decided by everybody's first epoch, so that it is known before the second block.
race_metric metric_of(objective by, bool open_loop, const std::vector<const cell_result*>& cells);

/// What an epoch cost: smaller is better, positive and finite. Seconds per right answer, seconds of
/// latency, CPU seconds per item, or bytes. An epoch that shows no such figure, because next to
/// nothing was finished in it, cost more than any that does.
double cost_of(const epoch_sample& epoch, race_metric by);

/// The metric's own figure, in its own unit, of a cost: items per second for throughput.
double value_of_cost(double cost, race_metric by);

}  // namespace regatta
