// SPDX-License-Identifier: Apache-2.0
#include "harness/constraint_check.hpp"

namespace regatta {

std::optional<constraint> broken_constraint(const cell_result& cell, const constraints& required,
                                            double p99) {
  if (required.isolate && !cell.info.isolates) return constraint::isolate;
  if (required.sync_libraries && !cell.info.takes_blocking_code) return constraint::sync_libraries;
  if (required.max_memory) {
    const auto peak = cell.memory ? cell.memory->peak_pss : std::nullopt;
    if (!peak || *peak > *required.max_memory) return constraint::max_memory;
  }
  if (required.slo_p99 && p99 > *required.slo_p99) return constraint::slo_p99;
  return std::nullopt;
}

}  // namespace regatta
