// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/replay/service_race_result.hpp"
#include "reports/recommendation.hpp"

namespace regatta {

/// What an approach loses by not being the best one, over all the loads.
struct approach_regret {
  std::string label;
  double worst = 0;  ///< share behind the leader, 0.1 is 10 %; 0 where the race left them tied
  double sum = 0;    ///< of the point estimates, ties included
  std::string load;  ///< where it is worst; empty if nowhere
};

/// How to serve what was profiled.
struct service_advice {
  std::vector<recommendation> races;     ///< of the loads that were raced, in their order
  std::string choice;                    ///< empty: nothing is recommended
  bool keep_own = false;                 ///< it is what the service does already
  std::vector<approach_regret> regrets;  ///< the least first
  std::optional<ratio_estimate> gain;    ///< at the knee: throughput of the choice / today's shape
  std::optional<double> expected;        ///< throughput of the choice at the knee, by the model
  std::optional<double> brought;         ///< the same as it was raced
  flip_points flips;
  std::vector<std::string> passed_over;  ///< why some that measure as well were not chosen
  std::vector<std::string> because, unless, verify;
};

/// From the race's result alone. `file`: what the replay read, for the commands that verify it.
service_advice advise(const service_race_result& result, const std::filesystem::path& file);

}  // namespace regatta
