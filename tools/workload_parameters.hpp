// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "harness/run_plan.hpp"

namespace regatta {

/// "payload=1024", as -p takes it. Throws usage_error.
std::map<std::string, double> parse_parameters(const std::vector<std::string>& texts);

/// Sets each on every workload of `plans` that declares it. Throws usage_error, which begins with
/// `where`, if none does or if one cannot take the value.
void set_parameters(std::span<workload_plan> plans, const std::map<std::string, double>& values,
                    const std::string& where);

/// Throws usage_error if the parameter does not take this value.
void check_value(const workload_parameter& parameter, double value, const std::string& where);

}  // namespace regatta
