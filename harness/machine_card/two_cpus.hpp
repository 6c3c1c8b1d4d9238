// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "harness/machine_card.hpp"

/// What it costs to reach another thread. All of these pin or free the calling thread: call them on
/// a thread of their own.
namespace regatta::card {

std::optional<fractional_ns> measure_line_round_trip(int here, int there,
                                                     std::chrono::nanoseconds budget);

std::optional<wake_cost> measure_wake(int here, int there, std::chrono::nanoseconds budget);

struct halves_result {
  double packed_fraction = 0;  ///< of the tries, ended on the waker's CPU
  double gain = 0;             ///< two halves / wall time, median
};
/// Wakes a worker and computes 300 µs here while it does the same there.
std::optional<halves_result> measure_halves(const std::vector<int>& here,
                                            const std::vector<int>& there,
                                            std::chrono::nanoseconds budget);

}  // namespace regatta::card
