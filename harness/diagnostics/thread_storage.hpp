// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace regatta::internal {

/// The address of the calling thread's thread-local word with that value; 0 if there is none near
/// the thread pointer, where the variables of the program and of the libraries it began with are.
std::uintptr_t find_in_thread_storage(std::uintptr_t value) noexcept;

}  // namespace regatta::internal
