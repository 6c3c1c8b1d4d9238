// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "reports/report_reader.hpp"

namespace regatta {

/// What no schema can say: the first place where a report that was read from `document` contradicts
/// itself, as a sentence that begins with a JSON pointer; nullopt if there is none.
std::optional<std::string> contradiction(const nlohmann::json& document,
                                         const stored_report& report);

}  // namespace regatta
