// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "harness/profiling/captured_stack.hpp"
#include "harness/profiling/ebpf/loaded_programs.hpp"

namespace regatta::profiling {

/// What a thread waited in, in the middle of a slice, and its stack then.
struct waiting_copy {
  pid_t process = 0;
  std::uint64_t slice = 0;
  std::uint64_t began = 0;   ///< to wait, ns of CLOCK_MONOTONIC
  std::uint64_t waited = 0;  ///< until then
  std::int32_t call = 0;
  std::uint64_t first = 0;  ///< argument of the call
  std::string path;         ///< of a call that takes one; may be empty
  captured_stack stack;
};

/// Copies the stacks of threads whose slice waits for long: that stays as it is, unless the thread
/// went on meanwhile. Thread safety: look() from one thread, taken() from another.
class waiting_copies {
 public:
  explicit waiting_copies(std::chrono::nanoseconds least) : least_(least) {}

  /// Of those whose slice has taken so long already, once for each wait.
  void look(const loaded_programs& programs, std::size_t used, std::uint64_t now);
  std::vector<waiting_copy> taken();

 private:
  std::chrono::nanoseconds least_;
  std::map<std::size_t, std::uint64_t> copied_;  // by slot: when the wait began; of look()
  std::mutex mutex_;
  std::vector<waiting_copy> copies_;  // by mutex_
};

}  // namespace regatta::profiling
