// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "harness/replay/service_model.hpp"

namespace regatta {

/// Phases that a replayed request has at most: each is a call of the harness, which takes
/// microseconds.
constexpr std::size_t most_phases = 32;

/// Gives a sample phases whose CPU times sum to the sample's, and a sample without a CPU time or a
/// latency the sums of its phases'. Without phases: its CPU time, then the rest as one wait.
void make_phases_add_up(request_sample& sample);

/// While a loop's request waits for another thread it only looks asleep, or as if it waited for a
/// lock: time of the phases in which it did, on average.
std::chrono::nanoseconds time_left_to_others(const std::vector<request_sample>& samples);

/// Of these phases the share that is `cpu`, on average, becomes computing.
/// REQUIRES: cpu <= time_left_to_others(samples)
void add_work_elsewhere(std::vector<request_sample>& samples, std::chrono::nanoseconds cpu);

/// A replayed wait takes about as much by itself, and who waits no longer does not let others in.
constexpr std::chrono::microseconds shortest_wait{100};

/// Waits shorter than shortest_wait are added to the longest one, if that is not one of them, and
/// what was before and behind them is one. Neighbours of one kind become one. While there are more
/// than `most` (at least 8), the shortest is added to the next later one of its kind, or to the one
/// before if there is none. Sums of each kind stay.
std::vector<request_phase> merged_phases(std::vector<request_phase> phases, std::size_t most);

}  // namespace regatta
