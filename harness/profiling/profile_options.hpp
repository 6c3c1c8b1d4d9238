// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "harness/profiling/profile_result.hpp"

namespace regatta::profiling {

struct profile_options {
  std::optional<profile_tier> tier;  ///< nullopt: the best there is
  std::chrono::nanoseconds threshold = std::chrono::milliseconds(100);
  bool children = true;  ///< the processes that it starts while it is watched, and theirs, too
  bool requests = true;  ///< follow the requests that it answers
  /// Requests a second that are followed, about; if there are twice as many, the others are
  /// counted.
  double followed_rate = 5'000;
  /// nullopt: until it is stopped or the process ends.
  std::optional<std::chrono::nanoseconds> duration = std::chrono::seconds(10);
};

/// Where a live line stands in the course of its stretch.
enum class stretch_phase { began, continues, ended };

struct profile_hooks {
  /// Told once, when everything is in place and a command was started: what the stretches' times
  /// are counted from, by CLOCK_MONOTONIC.
  std::function<void(std::chrono::nanoseconds)> begun;
  /// Told while the stretch lasts, at twice its length, and when it is over.
  std::function<void(const blocked_stretch&, stretch_phase)> live;
  std::function<bool()> stop;  ///< asked all the time
};

}  // namespace regatta::profiling
