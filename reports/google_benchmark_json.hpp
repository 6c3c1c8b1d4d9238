// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/recommendation.hpp"

namespace regatta {

/// Google Benchmark's JSON, as its compare.py and the stores of results read it: a row per epoch,
/// and one with the median. real_time is the time per item (1 / throughput) in ns; names are
/// workload/backend:label/in_flight:N/real_time, with the rate and the workload's own parameters
/// before the end. What has no times has no row: it is named in the context. See docs/formats.md.
std::string render_google_benchmark(const run_result& run,
                                    const std::vector<recommendation>& advice);

}  // namespace regatta
