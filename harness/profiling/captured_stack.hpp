// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace regatta::profiling {

/// What is needed to unwind a thread later: its user registers (x86-64, in perf's/DWARF's order:
/// rax rdx rcx rbx rsi rdi rbp rsp r8..r15 rip = 17) and a copy of the top of its stack.
struct captured_stack {
  pid_t tid = 0;
  std::array<std::uint64_t, 17> registers{};
  std::uint64_t stack_begin = 0;
  std::vector<std::byte> stack;
};

}  // namespace regatta::profiling
