// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/diagnostics/handler_tracking/loop_counters.hpp"

namespace regatta::internal {

/// Adds them to what is kept of their context and frees them; nothing if they are free. Only by
/// their own thread.
void retire_counters(loop_counters& counters) noexcept;

/// Of all threads, those that have ended too. Any thread.
void sum_counters(const void* context, loop_counters& sum) noexcept;

}  // namespace regatta::internal
