// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "harness/profiling/captured_stack.hpp"
#include "harness/profiling/profile_result.hpp"

namespace regatta::profiling {

struct profile_options {
  std::optional<profile_tier> tier;  ///< nullopt: the best there is
  std::chrono::nanoseconds threshold = std::chrono::milliseconds(100);
  /// nullopt: until it is stopped or the process ends.
  std::optional<std::chrono::nanoseconds> duration = std::chrono::seconds(10);
};

/// Where a live line stands in the course of its stretch.
enum class stretch_phase { began, continues, ended };

/// Names for a copied stack, innermost first; empty with a sentence in the second if there are
/// none.
using stack_namer =
    std::function<std::pair<std::vector<profile_frame>, std::string>(const captured_stack&)>;

struct profile_hooks {
  /// Told while the stretch lasts, at twice its length, and when it is over.
  std::function<void(const blocked_stretch&, stretch_phase)> live;
  std::function<bool()> stop;  ///< asked all the time
};

}  // namespace regatta::profiling
