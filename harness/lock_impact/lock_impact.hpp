// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/lock_impact/lock_result.hpp"
#include "harness/run_result.hpp"
#include "harness/runner/runner.hpp"

namespace regatta {

/// A kind of work that people ask about, and the workload that stands for it.
struct lock_case {
  std::string kind;
  workload_plan workload;  ///< its backends are filled in here
  double tolerance = 0;    ///< of a check
};

/// Measures each case on `thread` under every model, in blocks: what a reader of "use threads?"
/// wants to know. `base` has the budget, the seed and the services.
lock_impact_result measure_lock_impact(run_plan base, const std::vector<lock_case>& cases,
                                       const run_hooks& hooks);

/// Measures each case on `thread` and `process` under the lock, and on real Python's threads and
/// processes, in the same blocks. `python` is an interpreter's name or path.
lock_check_result check_lock(run_plan base, const std::vector<lock_case>& cases,
                             const std::string& python, const run_hooks& hooks);

// What follows from a run, for those two; pure.
lock_impact_result conclude_impact(const run_result& run, const std::vector<lock_case>& cases,
                                   double confidence);
lock_check_result conclude_check(const run_result& run, const std::vector<lock_case>& cases,
                                 double confidence);

}  // namespace regatta
