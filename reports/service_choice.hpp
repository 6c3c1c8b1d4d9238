// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/service_advice.hpp"

namespace regatta {

// Which approach is advised, by rules that docs/profile-race.md gives. Pure.

/// With more of them, most of a pool's threads are asleep: what is inside limits it, not the CPUs.
constexpr double most_threads_per_cpu = 4;

/// Of the approaches that every raced load has a figure of; the least first.
std::vector<approach_regret> regrets_of(const service_race_result& result,
                                        const std::vector<recommendation>& races);

/// Whoever is as good as the best: what the service does already; else who has room for more; else
/// by CPU time, memory and simplicity, as ties of a race are broken. Empty: none. Says in
/// `advice.passed_over` who had no room. REQUIRES: advice.regrets are known, and result.fidelity.
std::string chosen_of(const service_race_result& result, service_advice& advice);

/// Null where it gave no right answers.
const cell_result* find_cell(const workload_result& measured, const std::string& label);
/// Requests a second: the median of the epochs.
double served_by(const cell_result& cell);
/// Null if it was not raced.
const raced_load* knee_load(const service_race_result& result);
const workload_result* knee_race(const service_race_result& result);
const backend_prediction* prediction_of(const service_race_result& result,
                                        const std::string& label);

/// Threads, of those that serve one request each, that a CPU needs to be busy: W/C + 1 of Goetz,
/// Java Concurrency in Practice, section 8.2.
double threads_per_cpu(const service_demand& demand);
/// Seconds that a loop of it was kept by what it computed, at most and under any load; 0: never too
/// long.
double longest_block(const service_race_result& result, const std::string& label);

}  // namespace regatta
