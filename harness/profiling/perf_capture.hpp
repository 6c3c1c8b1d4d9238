// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/profiling/captured_stack.hpp"
#include "harness/profiling/perf_ring.hpp"

namespace regatta::profiling {

struct perf_capture_options {
  unsigned hertz = 199;  ///< of CPU time; a thread that waits is not sampled
  /// Of stack in a sample; a multiple of 8, at most 65,000. The kernel copies less where it ends.
  unsigned stack_bytes = 16'384;
};

struct perf_sample {
  std::chrono::nanoseconds time{};  ///< of CLOCK_MONOTONIC
  bool in_kernel = false;           ///< the thread was in a system call
  captured_stack stack;
};

/// The stacks of running threads by perf_event_open(2) on the CPU clock: the same user's threads
/// without any capability while kernel.perf_event_paranoid is at most 2. Nothing is stopped. With
/// the right to, time in system calls is sampled as well as the program's own.
///
///   perf_capture capture({});
///   if (const auto problem = capture.add(tid)) …   // a clause
///   for (const perf_sample& sample : capture.read()) …
///
/// Thread safety: one thread at a time.
class perf_capture {
 public:
  explicit perf_capture(const perf_capture_options& options);
  ~perf_capture();
  perf_capture(const perf_capture&) = delete;
  perf_capture& operator=(const perf_capture&) = delete;

  /// Begins to sample a thread, into 132 KiB of locked memory. Returns the problem, if there is
  /// one; one that is sampled already is none.
  std::optional<std::string> add(pid_t thread);
  /// Ends it; what was sampled and not read is lost.
  void remove(pid_t thread);

  /// What was sampled since the last call, thread by thread, each in order of time. Not waited for.
  std::vector<perf_sample> read();
  /// Samples that found no room so far.
  std::uint64_t lost() const { return lost_; }
  /// Whether time in system calls is sampled, of the thread that was added last.
  bool samples_kernel() const { return samples_kernel_; }

 private:
  perf_capture_options options_;
  std::map<pid_t, std::unique_ptr<perf_ring>> rings_;
  bool samples_kernel_ = false;
  std::uint64_t lost_ = 0;
};

}  // namespace regatta::profiling
