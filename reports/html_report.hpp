// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/recommendation.hpp"

namespace regatta {

/// The report as one HTML page that needs nothing but itself: charts, tables, the raw data, and the
/// verdict recomputed in the reader's browser for another δ or confidence. Nothing on it leaves the
/// page: its content security policy forbids every request, and its scripts are named by hash.
/// Without scripts the tables are all there.
std::string render_html(const run_result& run, const std::vector<recommendation>& advice);

}  // namespace regatta
