// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/run_plan.hpp"

namespace regatta {

/// How many connections each process of a workload's cells may have, if the server has `available`
/// for them all. All cells live at once; those whose items run in worker processes have one per
/// worker, and the others divide what is left. Throws std::runtime_error with a sentence that says
/// what to do, if that is less than one each.
unsigned connections_per_process(const workload_plan& plan, unsigned available);

}  // namespace regatta
