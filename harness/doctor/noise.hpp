// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/doctor/doctor_result.hpp"

namespace regatta::doctor {

/// A piece of work timed against itself, the two side by side in random order.
struct paired_times {
  std::string name, kind;
  std::optional<std::string> not_run;
  std::vector<double> a, b;          ///< seconds; a[i] and b[i] are a pair
  std::vector<double> in_run_order;  ///< all of them
};

/// Standard deviation over mean (of a sample); nullopt for fewer than two or a mean that is not
/// positive.
std::optional<double> coefficient_of_variation(std::span<const double> values);

/// Lag-1 autocorrelation: the share of a value's deviation that the next one repeats. Neighbouring
/// epochs of a shared machine have 0.4 to 0.9; pairs of them should have none. nullopt for fewer
/// than three values or no variance.
std::optional<double> lag1_autocorrelation(std::span<const double> values);

/// `alpha`: with that probability an A/A run on a sound machine is rejected.
work_resolution resolution_of(const paired_times& times, double alpha);

}  // namespace regatta::doctor
