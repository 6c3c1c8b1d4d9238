// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "harness/replay/service_model.hpp"

namespace regatta {

/// Phases that a replayed request has at most: each is a call of the harness, which takes
/// microseconds.
constexpr std::size_t most_phases = 32;

/// Gives a sample phases whose CPU times sum to the sample's, and a sample without a CPU time or a
/// latency the sums of its phases'. Without phases: its CPU time, then the rest as one wait.
void make_phases_add_up(request_sample& sample);

/// What other threads did for the requests of a class, on average.
struct work_elsewhere {
  std::chrono::nanoseconds cpu{};
  /// What is left of the sleep phases without that, and without queueing for those threads or for
  /// the loop; nullopt: all of it.
  std::optional<std::chrono::nanoseconds> own_sleep;
};

/// While a loop's request waits for another thread it only looks asleep: computes there what the
/// others did, in shares of the sleep phases or else of the lock phases. What no request can have
/// waited for is the service's housekeeping, and no part of a request. Answers the mean CPU time
/// that was added.
std::chrono::nanoseconds add_work_elsewhere(std::vector<request_sample>& samples,
                                            const work_elsewhere& work);

/// Neighbours of one kind become one. While there are more than `most` (at least 8), the shortest
/// is added to the next later one of its kind, or to the one before if there is none. Sums of each
/// kind stay.
std::vector<request_phase> merged_phases(std::vector<request_phase> phases, std::size_t most);

}  // namespace regatta
