// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "workloads/servers/latency_distribution.hpp"

namespace regatta {

/// The time to first token that a model's name asks for: "regatta-mock@2s" and
/// "fast@exponential:5ms" do. Nothing for any other name, among them those of real models with
/// their date ("claude@20240229").
std::optional<latency_distribution> latency_in_model_name(std::string_view model);

}  // namespace regatta
