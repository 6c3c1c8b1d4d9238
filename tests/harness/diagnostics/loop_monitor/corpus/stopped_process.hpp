// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/harness/diagnostics/loop_monitor/corpus/scene.hpp"

namespace regatta::corpus {

/// SIGSTOP for 300 ms, in the middle of a healthy handler, and SIGCONT: the process stood still and
/// its loop was not blocked. This program again is the process; its main must begin with
/// run_if_child(). The child's reports become the case's own.
void stopped_process(const scene& setting);

/// In such a child: runs its loop and exits. Otherwise does nothing.
void run_if_child();

}  // namespace regatta::corpus
