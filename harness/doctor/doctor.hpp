// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "harness/doctor/doctor_result.hpp"

namespace regatta {

struct doctor_plan {
  std::chrono::milliseconds watch{2'000};  ///< asleep, to see what others do
  std::chrono::milliseconds card{1'000};   ///< of the machine card; 0: none
  std::chrono::milliseconds work{3'000};   ///< of the A/A run; 0: none
  std::uint64_t seed = 1;                  ///< of the order in pairs
};

struct doctor_hooks {
  std::function<void(const std::string& doing, double fraction)> progress = [](const std::string&,
                                                                               double) {};
  std::function<bool()> stop = [] { return false; };  ///< true: answer what is known by now
};

/// Whether this machine is fit to measure, and how small a change it can show. Reads and measures;
/// changes nothing.
doctor_result examine(const doctor_plan& plan, const doctor_hooks& hooks);

}  // namespace regatta
