// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "harness/profiling/loop_watch.hpp"

namespace regatta::profiling {

/// Makes a watch for one process more.
using watch_maker = std::function<std::unique_ptr<loop_watch>(const profile_hooks&)>;

/// Watches a process by `root`, and its descendants by watches of their own, each in its own
/// thread: those that there are, and those that are started while it lasts. `root` tells by what
/// serialized() makes of the hooks.
/// Thread safety: one thread.
std::unique_ptr<loop_watch> with_children(std::unique_ptr<loop_watch> root, watch_maker make,
                                          const profile_hooks& hooks);

/// Hooks that may be told from several threads at once.
profile_hooks serialized(const profile_hooks& hooks);

}  // namespace regatta::profiling
