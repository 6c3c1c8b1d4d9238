// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/recommendation.hpp"

namespace regatta {

// How the reports of a run call things, so that all of them say the same.

/// "tokenize (CPU-bound; closed loop, 8 in flight)"
std::string title(const workload_result& measured);

/// The recommendation in one sentence.
std::string headline(const recommendation& advice);

/// Measured cells in the order of the recommendation, then the others as they were asked for.
std::vector<const cell_result*> ordered(const workload_result& measured,
                                        const recommendation& advice);

/// How far the leader is ahead of `label`: "1.94 [1.91, 1.97]"; empty for the leader.
std::string interval_of(const recommendation& advice, const std::string& label);

/// Why it is not in the race any more: "block 12", "excluded"; empty if it is.
std::string out_of_race(const recommendation& advice, const cell_result& cell);

/// The constraints that approaches do not keep, as sentences.
std::vector<std::string> exclusions(const recommendation& advice);

/// What diagnostics noticed in its cells: sentences that name the approach.
std::vector<std::string> findings(const workload_result& measured, const recommendation& advice);

/// What its items measure, by name, whichever approach they ran on.
std::vector<std::string> measure_names(const workload_result& measured);

/// Null if nothing of that name was measured on it, or it has no times at all.
const measure* find_measure(const cell_result& cell, const std::string& name);

/// What the race cost: "120 epochs, 2.40 s; fixed sampling would have taken …".
std::string receipt_of(const race_receipt& race);

/// "Model name; 2 of 2 CPUs usable; Linux 6.1; GNU 12.2.0 Release"
std::string describe_machine(const environment& where);

}  // namespace regatta
