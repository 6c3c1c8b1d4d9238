// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "harness/run_plan.hpp"
#include "harness/run_result.hpp"

namespace regatta {

/// Where a run is, for a display.
struct run_progress {
  std::string workload;  ///< empty while the machine card is measured
  std::string doing;     ///< "reference", "starting process", "warm-up", "block 3, 7 of 11 left"
  double fraction = 0;   ///< of the whole run, an estimate
  double elapsed = 0;    ///< seconds
};

struct run_hooks {
  std::function<void(const run_progress&)> progress = [](const run_progress&) {};
  /// Called once, before anything is measured.
  std::function<void(const machine_card&)> card = [](const machine_card&) {};
  /// Asked every 100 ms or so; true ends the run, and what was measured is answered.
  std::function<bool()> stop = [] { return false; };
};

/// Carries out a plan: the machine card, then for each workload the serial reference, a process per
/// backend, kept alive, and a race: epochs of the rivals left in randomised complete blocks, until
/// it is known who is ahead or the workload's share of the budget is used. What goes wrong with a
/// cell ends that cell with an outcome; the rest goes on. REQUIRES: the program's main begins with
/// run_internal_role(). Main thread: children die with it.
run_result run(const run_plan& plan, const run_hooks& hooks);

}  // namespace regatta
