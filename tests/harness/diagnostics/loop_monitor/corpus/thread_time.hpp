// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>

namespace regatta::corpus {

pid_t this_thread_id();

/// How long a thread of this process could have run and got no CPU; 0 if it is gone. Without the
/// wait that goes on just now: the kernel counts it when it ends.
std::chrono::nanoseconds time_without_cpu(pid_t thread);

/// The same of the monitor's own threads together, since they began. On a machine with more to do
/// than it has CPUs, reports are late and numbers inexact by that much.
std::chrono::nanoseconds monitor_time_without_cpu();

}  // namespace regatta::corpus
