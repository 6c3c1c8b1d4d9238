// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace regatta::profiling {

/// A copy of a foreign process's memory from there on, up to `most` bytes or to the first page that
/// is not to be had. The process goes on meanwhile: whoever calls knows that this part of it rests.
std::vector<std::byte> copy_memory(pid_t process, std::uint64_t from, std::size_t most);

}  // namespace regatta::profiling
