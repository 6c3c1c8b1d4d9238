// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/profiling/profile_result.hpp"

namespace regatta {

/// The inverse of make_profile_json(), of a document from parse_stored_json(). Throws bad_report
/// (stored_json.hpp) for what does not follow the schema or contradicts itself.
profiling::profile_result read_profile_report(const nlohmann::json& document);

}  // namespace regatta
