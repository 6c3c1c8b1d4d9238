// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace regatta::profiling {

/// The source line of the instruction at `offset` bytes in a code object's bytecode, by its
/// co_linetable, as CPython 3.11 and later write it (Objects/locations.md of its source). nullopt
/// if the compiler gave the instruction no line, or the table ends before it.
std::optional<unsigned> python_line(std::span<const std::byte> table, unsigned first_line,
                                    std::size_t offset);

}  // namespace regatta::profiling
