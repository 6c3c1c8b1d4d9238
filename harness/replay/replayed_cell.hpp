// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "harness/replay/service_race_result.hpp"
#include "harness/run_result.hpp"

namespace regatta {

/// What a cell of the workload profiled-service shows of its requests, over its epochs.

/// Seconds of CPU time a request, of all the cell's processes.
std::optional<double> cpu_of(const cell_result& cell);
/// Seconds of CPU time that they were asked to use, on average.
double asked_of(const cell_result& cell);
/// Requests a second: the median of the epochs.
double throughput_of(const cell_result& cell);
/// The fidelity with the throughput and latency of these epochs.
replay_fidelity with_medians(replay_fidelity fidelity, const std::vector<epoch_sample>& epochs);

}  // namespace regatta
