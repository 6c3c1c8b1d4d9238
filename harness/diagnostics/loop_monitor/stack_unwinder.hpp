// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "harness/diagnostics/loop_monitor/stack_copy.hpp"

namespace regatta::internal {

/// A function that is active, as it was when it called the next one.
struct unwound_frame {
  std::uintptr_t code = 0;   ///< program counter; in all frames but the first a return address
  std::uintptr_t stack = 0;  ///< stack pointer; 0: unknown
  /// Registers a callee has to preserve, in an order of this header's own; nothing where unknown.
  std::array<std::optional<std::uint64_t>, 6> preserved{};
};

/// Finds the callers in a copied stack by the call frame information (CFI) that every binary has,
/// frame pointers or not, with elfutils' libdw. Of this process only.
///
/// A copy of a thread that waits in the kernel has no callee-saved registers. Mostly none is
/// needed; where a caller finds its frame by the frame pointer, that is looked for on the stack.
/// Thread safety: one thread at a time.
class stack_unwinder {
 public:
  stack_unwinder();
  ~stack_unwinder();
  stack_unwinder(const stack_unwinder&) = delete;
  stack_unwinder& operator=(const stack_unwinder&) = delete;

  /// The function that runs, then its callers, outwards; at most 16384. Never empty.
  std::vector<unwound_frame> frames(const stack_copy& copy);
  /// The symbol of the function there, as the linker knows it; null if it has none.
  const char* linker_name(std::uintptr_t code);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta::internal
