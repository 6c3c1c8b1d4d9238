// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace regatta::internal {

/// Copies bytes of this process's memory that may not be there; returns how many were. The first
/// call opens a file; all others are async-signal-safe. Any thread.
std::size_t read_own_memory(std::uintptr_t address, void* target, std::size_t size) noexcept;

/// The end of the mapping that an address lies in; `address` if there is none. Reads a file; behind
/// a thread's stack other memory may begin at once. Any thread.
std::uintptr_t end_of_own_mapping(std::uintptr_t address);

}  // namespace regatta::internal
