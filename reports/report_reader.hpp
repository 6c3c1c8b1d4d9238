// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "reports/recommendation.hpp"

namespace regatta {

/// A report as it was stored. What the file does not hold (the API key, the backends that a
/// workload which was not run would have had) is empty.
struct stored_report {
  run_result run;
  std::vector<recommendation> advice;  ///< one for each workload
  std::string written_by;              ///< regatta's version
};

/// The inverse of render_json(). What it answers follows the schema and does not contradict itself;
/// for everything else it throws bad_report (stored_json.hpp).
stored_report read_report(std::string_view text);
stored_report read_parsed_report(const nlohmann::json& document);

}  // namespace regatta
