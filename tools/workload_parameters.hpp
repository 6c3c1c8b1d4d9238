// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "harness/run_plan.hpp"

namespace regatta {

/// Names, and values as the user wrote them: a number, or the name of a choice.
using parameter_texts = std::map<std::string, std::string>;

/// "payload=1024", as -p takes it. Throws usage_error.
parameter_texts split_parameters(const std::vector<std::string>& texts);

/// What a workload of a suite file says under "parameters", if it does. Throws usage_error, which
/// begins with `where`.
parameter_texts parameters_in(const nlohmann::json& entry, const std::string& where);

/// Sets each on every workload of `plans` that declares it. Throws usage_error, which begins with
/// `where`, if none does or if one cannot take the value.
void set_parameters(std::span<workload_plan> plans, const parameter_texts& values,
                    const std::string& where);

/// Throws usage_error if the parameter does not take this value.
void check_value(const workload_parameter& parameter, double value, const std::string& where);

}  // namespace regatta
