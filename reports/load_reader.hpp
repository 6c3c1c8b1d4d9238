// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/http_load/load_result.hpp"

namespace regatta {

/// The inverse of make_load_json(), of a document from parse_stored_json(). What the file does not
/// hold (headers, bodies, limits of goodput) is empty, or of the size that it had. Throws
/// bad_report (stored_json.hpp) for what does not follow the schema.
http_load::load_result read_load_report(const nlohmann::json& document);

/// The inverse of make_load_part(). REQUIRES: it follows its schema.
http_load::load_result read_load_part(const nlohmann::json& part);

}  // namespace regatta
