// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/frame_guess.hpp"

#include <algorithm>
#include <cstring>

namespace regatta::internal {

std::optional<std::uintptr_t> guess_frame(
    std::span<const std::byte> stack, std::uintptr_t begin, std::uintptr_t above,
    const std::function<bool(std::uintptr_t)>& is_in_function) {
  const std::uintptr_t end = begin + stack.size();
  const auto word = [&](std::uintptr_t address) {
    std::uintptr_t value = 0;
    if (address + sizeof(value) <= end) {
      std::memcpy(&value, stack.data() + (address - begin), sizeof(value));
    }
    return value;
  };
  const std::uintptr_t first = (std::max(above, begin) + 7) & ~std::uintptr_t{7};
  for (std::uintptr_t at = first; at + 16 <= end; at += 8) {
    const std::uintptr_t outer = word(at);
    if (outer <= at || outer >= end || outer % 8 != 0) continue;
    if (is_in_function(word(at + 8)) && is_in_function(word(outer + 8))) return at;
  }
  return std::nullopt;
}

}  // namespace regatta::internal
