// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/diagnostics/loop_monitor/thread_probe.hpp"

namespace regatta::internal {

/// "held by thread 81 (writer)", for a thread that waits for one of glibc's mutexes; empty if its
/// owner is not known. Any thread.
std::string describe_holder(const thread_look& waits);

}  // namespace regatta::internal
