// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/environment.hpp"
#include "tools/bench/calibration/gate_trials.hpp"
#include "tools/bench/calibration/race_trials.hpp"

namespace regatta::calibration {

struct calibration {
  environment before, after;
  double seconds = 0;
  std::uint64_t seed = 1;
  bool simulated = false;
  std::vector<std::string> works;  ///< names
  gate_settings gate;
  race_settings race;
  std::vector<gate_trial> gates;
  race_trials races;
};

/// Two tables and what was measured of each promise.
std::string to_markdown(const calibration& measured);

/// Settings and every single trial, so that anything can be counted again.
nlohmann::json to_json(const calibration& measured);

}  // namespace regatta::calibration
