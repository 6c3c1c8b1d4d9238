// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/replay/backend_prediction.hpp"
#include "harness/run_plan.hpp"

namespace regatta {

/// The backend that serves requests as the service does.
struct own_shape {
  std::string backend;  ///< "coroutine", or with options: "thread:workers=8"
  std::string because;  ///< a clause: "one loop on one thread does 98 % of the work"
};

own_shape shape_of(const pool_shape& pool, unsigned cpus);

/// How queueing theory sees a registered backend, its overhead left out. `in_flight`: most there
/// will be, which limits its workers. REQUIRES: it is registered.
backend_model model_of(const backend_choice& choice, unsigned in_flight, lock_model lock);

}  // namespace regatta
