// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace regatta::internal {

/// Of a copied stack whose thread's frame pointer nobody knows: the address, `above` or higher, of
/// the first pair of words that looks like a frame's beginning: the caller's frame, which is higher
/// up, and a return address. `stack` begins at the address `begin`.
std::optional<std::uintptr_t> guess_frame(
    std::span<const std::byte> stack, std::uintptr_t begin, std::uintptr_t above,
    const std::function<bool(std::uintptr_t)>& is_in_function);

}  // namespace regatta::internal
