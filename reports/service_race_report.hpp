// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "reports/service_advice.hpp"
#include "reports/terminal_style.hpp"

namespace regatta {

/// One screen: what to use, why and unless; then the replay, the predictions and the races.
std::string render_service_race(const service_race_result& result, const service_advice& advice,
                                const terminal_style& style);

/// All of it, with the races' own report under "run". Times in seconds.
nlohmann::ordered_json make_service_race_json(const service_race_result& result,
                                              const service_advice& advice);

}  // namespace regatta
