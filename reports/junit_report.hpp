// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/recommendation.hpp"

namespace regatta {

/// JUnit XML: a workload is a suite, a backend a test case. <failure> is a wrong answer, <error> a
/// crash, a timeout or another failure, <skipped> what this machine does not have.
std::string render_junit(const run_result& run, const std::vector<recommendation>& advice);

}  // namespace regatta
