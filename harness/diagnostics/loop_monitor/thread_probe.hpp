// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/platform/unique_fd.hpp"

namespace regatta::internal {

/// What a thread of this process does just now, as the kernel tells.
struct thread_look {
  enum class state {
    running,  ///< on a CPU, or ready for one
    in_call,  ///< waits in a system call
    waits,    ///< waits, but not in a system call: a page fault
    unknown,  ///< this kernel does not say
  };
  state now = state::unknown;
  long call = -1;                           ///< the system call's number
  std::array<std::uint64_t, 6> argument{};  ///< its arguments
  std::uintptr_t stack = 0, code = 0;       ///< user registers; 0 while it runs

  bool operator==(const thread_look&) const = default;
};

/// The contents of /proc/self/task/TID/syscall. Nothing if it is not that.
std::optional<thread_look> parse_syscall_file(std::string_view text);

/// What a thread has used up since it began.
struct thread_usage {
  std::chrono::nanoseconds cpu{};
  std::chrono::nanoseconds cpu_wait{};  ///< runnable, without a CPU
  std::uint64_t faults = 0;             ///< page faults, minor and major
};

/// Looks at one thread of this process from another, without its help and without a signal.
/// Thread safety: one thread at a time.
class thread_probe {
 public:
  explicit thread_probe(pid_t thread);

  /// Nothing once the thread has ended. About 1 µs.
  std::optional<thread_look> look() const;
  /// About 3 µs. Of an ended thread: zeros.
  thread_usage usage() const;
  std::chrono::nanoseconds cpu() const;
  std::chrono::nanoseconds cpu_wait() const;
  /// Times it has begun to wait. About 10 µs.
  std::uint64_t waits() const;
  /// Whether it takes that signal when it comes. About 10 µs.
  bool takes(int signal) const;
  std::string name() const;
  pid_t thread() const { return thread_; }

 private:
  std::string_view status_field(std::string_view name, std::span<char> space) const;

  pid_t thread_;
  unique_fd syscall_, schedstat_, stat_;
};

}  // namespace regatta::internal
