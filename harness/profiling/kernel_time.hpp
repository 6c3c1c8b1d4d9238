// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace regatta::profiling {

/// A time as the kernel's programs and files give it, in nanoseconds.
inline std::chrono::nanoseconds ns(std::uint64_t value) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(value));
}

}  // namespace regatta::profiling
