// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/profiling/captured_stack.hpp"
#include "harness/profiling/foreign_memory.hpp"
#include "harness/profiling/process_modules.hpp"

namespace regatta::profiling {

/// Code addresses, innermost first: of the instruction that runs, then of the calls.
struct unwound_stack {
  std::vector<std::uint64_t> addresses;
  bool complete = false;  ///< the outermost frame says of itself that nobody called it
};

/// Finds the callers in a captured stack. Words outside of the copy are read from the files that
/// are mapped there, or else from the process as it is by now.
/// Thread safety: one thread at a time.
class foreign_unwinder {
 public:
  foreign_unwinder(process_modules& modules, pid_t process);

  /// At most 512 frames; never empty.
  unwound_stack unwind(const captured_stack& captured);

  /// Of the stack in work.
  std::optional<std::uint64_t> word(std::uint64_t address);
  const captured_stack& current() const { return *current_; }

 private:
  bool attach();
  unwound_stack walk(const captured_stack& captured);
  bool found_modules(const unwound_stack& stack);
  void cut_where_no_code_is(unwound_stack& stack) const;

  process_modules& modules_;
  pid_t process_;
  foreign_memory memory_;
  unsigned attached_ = 0;  // to the modules' session of that generation
  bool usable_ = false;
  const captured_stack* current_ = nullptr;
  bool missed_ = false;  // a word of it
};

}  // namespace regatta::profiling
