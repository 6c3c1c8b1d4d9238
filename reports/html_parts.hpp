// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/html_data.hpp"
#include "reports/html_markup.hpp"
#include "reports/recommendation.hpp"

namespace regatta {

// The page from top to bottom. Scripts find their places by data- attributes; see reports/html/.

/// What to use for each workload, how sure that is, and why.
markup html_recommendations(const run_result& run, const std::vector<recommendation>& advice);
/// Workloads by backends, and the controls that recompute it.
markup html_matrix(const run_result& run, const std::vector<recommendation>& advice);
/// One workload: its figures, each with its table.
markup html_workload(const run_result& run, const std::vector<recommendation>& advice,
                     std::size_t index);
markup html_findings(const run_result& run);
markup html_machine(const run_result& run);
markup html_method(const run_result& run);
markup html_raw_data(const page_data& data);

/// "rag", "rag, payload 1024", or "rag, 32 in flight" where the run has several of it.
std::string html_title(const run_result& run, std::size_t index);
/// "I/O-bound, closed loop, 64 in flight"
std::string html_load(const workload_result& measured);
/// A value of the recommendation's metric with its unit.
std::string html_value(const recommendation& advice, double value);
/// Nullptr for a backend that has none.
const standing* find_standing(const recommendation& advice, const std::string& label);

}  // namespace regatta
