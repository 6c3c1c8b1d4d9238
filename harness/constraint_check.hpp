// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "harness/run_result.hpp"

namespace regatta {

enum class constraint { isolate, sync_libraries, max_memory, slo_p99 };

/// The first of `required` that the cell does not keep. Memory that cannot be read is not shown to
/// be little enough. `p99` in seconds is what is held against the limit: the caller knows whether
/// the cell's own is sure yet.
std::optional<constraint> broken_constraint(const cell_result& cell, const constraints& required,
                                            double p99);

}  // namespace regatta
