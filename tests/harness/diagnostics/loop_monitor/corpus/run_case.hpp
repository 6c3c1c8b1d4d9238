// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "tests/harness/diagnostics/loop_monitor/corpus/cases.hpp"
#include "tests/harness/diagnostics/loop_monitor/corpus/score.hpp"

namespace regatta::corpus {

/// Runs it under a monitor that tells all it finds, and keeps what was true and what was said.
case_result run_case(const test_case& one, std::chrono::nanoseconds threshold);

/// A service has its monitor for ever, but each case makes one. This keeps the monitor's threads,
/// so that the cases are not about how they start; and it has the debug information loaded, which
/// the first report of a process waits for.
void keep_monitor_warm(std::chrono::nanoseconds threshold);

}  // namespace regatta::corpus
