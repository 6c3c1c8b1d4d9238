// SPDX-License-Identifier: Apache-2.0
#include "harness/replay/replayed_cell.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/statistics/quantile.hpp"

namespace regatta {

std::optional<double> cpu_of(const cell_result& cell) {
  if (!cell.ok() || !cell.usage) return std::nullopt;
  return cell.usage->user_seconds + cell.usage->system_seconds;
}

double asked_of(const cell_result& cell) {
  for (const measure& each : cell.measures) {
    if (each.name == replay_cpu_measure && each.count > 0) {
      return each.sum / static_cast<double>(each.count);
    }
  }
  return 0;
}

double throughput_of(const cell_result& cell) {
  std::vector<double> all;
  for (const epoch_sample& epoch : cell.epochs) all.push_back(epoch.throughput);
  return median(all).value_or(0);
}

replay_fidelity with_medians(replay_fidelity fidelity, const std::vector<epoch_sample>& epochs) {
  std::vector<double> throughputs, latencies;
  for (const epoch_sample& epoch : epochs) {
    throughputs.push_back(epoch.throughput);
    if (epoch.p50) latencies.push_back(*epoch.p50);
  }
  fidelity.replayed_throughput = median(throughputs).value_or(0);
  fidelity.replayed_latency = median(latencies);
  return fidelity;
}

double replay_fidelity::off() const {
  const auto relative = [](double found, double expected) {
    return expected > 0 ? std::abs(found / expected - 1) : HUGE_VAL;
  };
  double most = relative(replayed_throughput, profiled_throughput);
  if (profiled_latency && replayed_latency) {
    most = std::max(most, relative(*replayed_latency, *profiled_latency));
  }
  return most;
}

}  // namespace regatta
