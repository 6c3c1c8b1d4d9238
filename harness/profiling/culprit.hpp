// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "harness/profiling/profile_frame.hpp"

namespace regatta::profiling {

/// The frame that a blocked stretch is named after and grouped by: the innermost function that is
/// the program's own. Passed over are libc, the thread, language and loop runtimes (libstdc++, the
/// Python and Node interpreters, libuv, Boost), and the standard libraries of Python and Node with
/// the C libraries that their functions call. But
/// no farther than to the event loop: what called that has nothing to do with the stretch. If none
/// is left it is the innermost function of a library, or else of an interpreter, or the innermost
/// of all. A pointer into `stack`, innermost first; null for an empty one.
const profile_frame* culprit(std::span<const profile_frame> stack);

/// Whether a function of the program itself was called by the event loop: a handler runs. False of
/// a thread that waits in the loop for something to do, and where the names that would show it are
/// missing. Innermost first.
bool runs_handler(std::span<const profile_frame> stack);

}  // namespace regatta::profiling
