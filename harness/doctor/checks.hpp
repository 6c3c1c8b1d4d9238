// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "harness/doctor/doctor_result.hpp"
#include "harness/doctor/machine_facts.hpp"
#include "harness/doctor/observation.hpp"

namespace regatta::doctor {

/// All that a diagnosis is made from.
struct examined {
  environment where;
  machine_facts facts;
  observation quiet;  ///< what others did while we slept; nothing if seconds is 0
  std::optional<machine_card> card;
  std::optional<std::chrono::nanoseconds> clock_step;  ///< smallest that steady_clock showed
  // While identical work ran; unknown if none did.
  std::optional<double> stolen_meanwhile;
  std::optional<throttling> throttled_meanwhile;
  bool privileged = false;  ///< we are root: perf_event_paranoid does not bind us
};

/// The judgement, pure: every check there is, those first that a user can do most about.
std::vector<doctor_check> judge(const examined& found);

// By subject; each answers one check, whatever is known.
doctor_check check_build(const examined& found);
doctor_check check_load(const examined& found);
doctor_check check_steal(const examined& found);
doctor_check check_quota(const examined& found);
doctor_check check_pressure(const examined& found);
doctor_check check_memory(const examined& found);
doctor_check check_swap(const examined& found);
doctor_check check_governor(const examined& found);
doctor_check check_turbo(const examined& found);
doctor_check check_siblings(const examined& found);
doctor_check check_packing(const examined& found);
doctor_check check_virtual_machine(const examined& found);
doctor_check check_clock(const examined& found);
doctor_check check_layout(const examined& found);
doctor_check check_huge_pages(const examined& found);
doctor_check check_profiling(const examined& found);
doctor_check check_open_files(const examined& found);

}  // namespace regatta::doctor
