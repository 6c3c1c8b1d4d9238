// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>

namespace regatta::internal {

struct task_record;

/// `thrown` came out of a task that was spawned for nobody to hear of it. `root` may be null.
void report_lost_exception(const task_record* root, std::exception_ptr thrown) noexcept;

/// Everything that waits when nothing can wake it any more.
void report_pending_at_exit() noexcept;

}  // namespace regatta::internal
