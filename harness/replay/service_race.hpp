// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/replay/service_race_result.hpp"
#include "harness/runner/runner.hpp"

namespace regatta {

struct service_race_plan {
  std::filesystem::path file;  ///< what `model` was read from: the replay reads it again
  service_model model;
  backend_choice own;                  ///< the service's own shape
  std::string why_own;                 ///< a clause
  std::vector<backend_choice> rivals;  ///< may hold `own`, too
  /// Race only those that the model expects near the front, and the service's own shape.
  bool prune = true;
  /// Only say what the model expects of the service's own shape; nothing is replayed.
  bool only_predict = false;
  std::chrono::milliseconds budget{120'000};
  lock_model lock = lock_model::none;  ///< what the service's own code must hold
  std::uint64_t seed = 1;
  double confidence = 0.95;
  double practical_difference = 0.05;
  double most_off = 0.15;  ///< of the replayed service from the profile, or there is no advice
};

/// Replays a profiled service: what the backends take of themselves, the service's own shape
/// against its profile, predictions, and, if the replay is good enough, a race under half the
/// profiled load, the load, twice the load, and as many requests in flight as the best approach can
/// serve without queueing. What stands in the way of advice is in the result, not thrown. REQUIRES
/// as run() does.
service_race_result race_service(const service_race_plan& plan, const run_hooks& hooks);

}  // namespace regatta
