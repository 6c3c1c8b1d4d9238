// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/profiling/captured_stack.hpp"

namespace regatta::profiling {

/// The stacks of threads that run, by ptrace(2): each is stopped for as long as it takes to copy
/// its registers and its stack, about 0.1 ms, and goes on as if nothing had been. A thread that is
/// in epoll_wait, or another call that signal(7) lists as never restarted, would see it return
/// EINTR, so ask only for those that compute. Who dies meanwhile lets the threads go on: the kernel
/// sees to that.
/// Thread safety: one thread, from the first capture to the destructor; the kernel's rule.
class stopping_capture {
 public:
  stopping_capture() = default;
  /// Waits for threads that have not stopped yet, for a second at most.
  ~stopping_capture();
  stopping_capture(const stopping_capture&) = delete;
  stopping_capture& operator=(const stopping_capture&) = delete;

  /// Whether this process may stop that thread; nullopt: it may. The sentence says why not.
  static std::optional<std::string> problem_with(pid_t thread);

  /// nullopt if the thread is gone, is debugged by another, or gets no CPU within a millisecond,
  /// which it needs to stop; then late() has its stack.
  std::optional<captured_stack> capture(pid_t process, pid_t thread);

  /// The stacks of threads that have stopped since, which now go on. To be called every few
  /// milliseconds.
  std::vector<captured_stack> late();

 private:
  std::map<pid_t, pid_t> asked_;  // threads that have not stopped yet, and their processes
};

}  // namespace regatta::profiling
