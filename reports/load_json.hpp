// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/http_load/load_result.hpp"

namespace regatta {

constexpr int load_schema_version = 1;

/// Times are in seconds, rates in requests per second, shares are fractions; what is unknown is
/// null.
nlohmann::ordered_json make_load_json(const http_load::load_result& result);

/// The same without what it is, who wrote it and where it ran: for a report that it is a part of.
nlohmann::ordered_json make_load_part(const http_load::load_result& result);

/// The same for each rate that was tried, and the knee.
nlohmann::ordered_json make_knee_json(const http_load::knee_result& result);

}  // namespace regatta
