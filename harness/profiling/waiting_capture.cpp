// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/waiting_capture.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "harness/platform/proc_text.hpp"
#include "harness/profiling/foreign_memory.hpp"

namespace regatta::profiling {
namespace {

// "202 0x7f… 0x80 … SP PC"; "-1 SP PC" outside of a system call; "running".
std::optional<captured_stack> registers_of(std::string_view line) {
  constexpr std::array<std::size_t, 6> arguments{5, 4, 1, 10, 8, 9};  // rdi rsi rdx r10 r8 r9
  captured_stack result;
  line = proc_text::trimmed(line);
  const auto call = proc_text::number<int>(proc_text::next_word(line));
  if (!call) return std::nullopt;
  if (*call >= 0) {
    result.registers[0] = static_cast<std::uint64_t>(*call);
    for (const std::size_t number : arguments) {
      const auto value = proc_text::hexadecimal(proc_text::next_word(line));
      if (!value) return std::nullopt;
      result.registers[number] = *value;
    }
  }
  const auto stack = proc_text::hexadecimal(proc_text::next_word(line));
  const auto code = proc_text::hexadecimal(proc_text::next_word(line));
  if (!stack || !code) return std::nullopt;
  result.registers[7] = *stack;
  result.registers[16] = *code;
  return result;
}

}  // namespace

std::optional<captured_stack> capture_waiting_thread(pid_t process, pid_t thread,
                                                     std::size_t most_bytes) {
  const std::string folder = fmt::format("/proc/{}/task/{}/", process, thread);
  // Another switch than before: it went on, though it may wait at the same place again.
  const auto state = [&] {
    return std::pair(proc_text::read_file(folder + "syscall"),
                     proc_text::read_file(folder + "schedstat"));
  };
  const auto before = state();
  auto result = registers_of(before.first.value_or(""));
  if (!result) return std::nullopt;
  result->tid = thread;
  result->stack_begin = result->registers[7];
  result->stack.resize(most_bytes);
  result->stack.resize(foreign_memory(process).read(result->stack_begin, result->stack.data(),
                                                    result->stack.size()));
  if (result->stack.empty() || state() != before) return std::nullopt;
  return result;
}

}  // namespace regatta::profiling
