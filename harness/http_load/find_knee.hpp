// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "harness/http_load/http_load.hpp"

namespace regatta::http_load {

struct knee_plan {
  load_plan load;  ///< its stages follow from the rate that is tried
  double first_rate = 100;
  double precision = 0.05;
  nanoseconds step = std::chrono::seconds(5);
  nanoseconds warm_up = std::chrono::seconds(1);  ///< of each step
  std::vector<service_level> levels;              ///< at least one
};

struct knee_hooks {
  std::function<void(double rate, double fraction)> progress = [](double, double) {};
  std::function<void(const knee_step& step)> tried = [](const knee_step&) {};
  std::function<bool()> stop = [] { return false; };
};

/// Tries rates until it is known, within the precision, which is the highest that keeps all levels.
/// A step ends early when so many answers are late that a level on latency cannot be kept any more.
/// Errors and thread safety as of run_load().
knee_result find_knee(const knee_plan& plan, const client_limits& limits, const knee_hooks& hooks);

/// The same as far as it is arithmetic: how one rate is tried.
load_plan plan_step(const knee_plan& plan, double rate);

}  // namespace regatta::http_load
