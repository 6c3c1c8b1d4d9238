// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

namespace regatta {

/// The one mean under which a ratio and its inverse agree (Fleming and Wallace 1986): ratios over a
/// suite are aggregated by it. nullopt for no values, or one that is not positive and finite.
std::optional<double> geometric_mean(std::span<const double> values);

}  // namespace regatta
