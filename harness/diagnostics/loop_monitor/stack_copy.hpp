// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/diagnostics/loop_monitor/thread_probe.hpp"

namespace regatta::internal {

/// Of a thread at one moment: what is needed to find its callers later, without the thread.
struct stack_copy {
  /// In DWARF's order; nothing where the kernel did not tell. The program counter is apart.
  std::array<std::optional<std::uint64_t>, 32> registers;
  std::uintptr_t code = 0;   ///< the program counter
  std::uintptr_t stack = 0;  ///< the stack pointer
  std::uintptr_t begin = 0;  ///< the address of the first byte
  std::vector<std::byte> bytes;

  /// The word at an address, if it was copied.
  std::optional<std::uint64_t> word(std::uintptr_t address) const;
};

/// As DWARF numbers the registers of this machine.
struct register_numbers {
#if defined(__x86_64__)
  static constexpr unsigned frame = 6, stack = 7, count = 16;
#elif defined(__aarch64__)
  static constexpr unsigned frame = 29, stack = 31, count = 32;
#else
#error "the loop monitor copies registers: add this architecture to stack_copy.cpp"
#endif
};

inline constexpr std::size_t usual_stack_bytes = 256 * 1024;
inline constexpr std::size_t most_stack_bytes = 8 * 1024 * 1024;

/// Copies a thread's registers and up to `bytes` of its stack, at most most_stack_bytes. A thread
/// that waits in the kernel is not touched at all: the kernel tells where its stack is, and that
/// lies still. One that runs gets a signal (SIGURG, or a real-time one where the program uses
/// that), whose handler copies and returns; should it enter a system call at that moment,
/// SA_RESTART resumes most of them. Answers the problem, as a clause, if there is none. Any thread
/// but that one.
std::variant<stack_copy, std::string> copy_stack(const thread_probe& thread,
                                                 std::size_t bytes = usual_stack_bytes);

/// What all calls of copy_stack() together have waited for threads to answer.
std::chrono::nanoseconds time_waited_for_copies();

/// In a forked child, whose other threads are gone.
void forget_copies_in_work();

}  // namespace regatta::internal
