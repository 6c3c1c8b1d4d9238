// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reports/recommendation.hpp"

namespace regatta {

/// Fills `because` and `unless`. Every sentence stands on figures of `measured`.
void add_reasons(recommendation& advice, const workload_result& measured);

/// Fills `caveats`: what weakens the advice, and what was not varied.
void add_caveats(recommendation& advice, const workload_result& measured, const run_result& run);

}  // namespace regatta
