// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/recommendation.hpp"

namespace regatta {

/// For a comment on a pull request or a page of documentation: per workload the recommendation, a
/// table of the backends, and the reasons and caveats folded; the machine at the end.
std::string render_markdown(const run_result& run, const std::vector<recommendation>& advice);

}  // namespace regatta
