// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace regatta::internal {

/// Coroutine frames from a per-thread free list by size class: a frame costs a few nanoseconds
/// instead of a trip to malloc (asio's own cache keeps two blocks; raising it makes it slower, it
/// scans linearly). Any thread; a frame may be freed on another thread than it came from. Plain
/// operator new under sanitizers, so that use after free is still seen.
void* allocate_frame(std::size_t size);
void free_frame(void* frame, std::size_t size) noexcept;

}  // namespace regatta::internal
