// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/profiling/captured_stack.hpp"
#include "harness/profiling/profile_frame.hpp"

namespace regatta::profiling {

/// A call stack with names.
struct named_stack {
  std::vector<profile_frame> frames;  ///< innermost first; never empty
  bool complete = false;              ///< it reaches the thread's start
  std::string note;                   ///< what is missing and why, as a sentence; may be empty
};

/// Call stacks of a foreign process from copied registers and stack, by the call frame information
/// (CFI) that every binary has, with elfutils' libdw; names by symbols and debug information with
/// inlined functions, by its perf map, and for CPython 3.11 to 3.13 by the interpreter's own
/// structures. The process is neither stopped nor entered, and may have ended: then the answer is
/// made of what was read before.
///
///   process_symbols names(pid);
///   for (const profile_frame& frame : names.stack(captured).frames) …
///
/// A callee-saved register of 0 counts as unknown: where the frame pointer is needed then, it is
/// looked for on the stack. docs/profile-stacks.md says more.
/// Thread safety: all members from any thread.
class process_symbols {
 public:
  explicit process_symbols(pid_t process);
  ~process_symbols();
  process_symbols(const process_symbols&) = delete;
  process_symbols& operator=(const process_symbols&) = delete;

  named_stack stack(const captured_stack& captured);

  /// The functions at a code address, inlined ones first. Never empty.
  std::vector<profile_frame> at(std::uint64_t address);

  /// Reads what is mapped again. To be called after an exec; a dlopen is noticed without.
  void refresh();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace regatta::profiling
