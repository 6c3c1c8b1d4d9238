// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/profiling/perf_ring.hpp"

namespace regatta::profiling {

/// What happened to a thread.
struct thread_event {
  enum class what {
    to_cpu,
    off_cpu,    ///< it waits, for whatever
    preempted,  ///< it left its CPU and would have gone on
    came_back,  ///< to the instruction after its loop's wait
  };
  pid_t tid = 0;
  what happened = what::to_cpu;
  std::chrono::nanoseconds time{};  ///< of CLOCK_MONOTONIC

  bool operator==(const thread_event&) const = default;
};

/// When threads come to a CPU and leave it, and when one next comes back from a wait, by
/// perf_event_open(2): the same user's threads without any capability while
/// kernel.perf_event_paranoid is at most 2. Nothing is stopped, and nobody else pays.
///
/// The latter is a breakpoint of the processor at an instruction, for one time: 2 µs, or 30 µs in a
/// virtual machine, for the thread that comes by.
/// Thread safety: one thread at a time.
class perf_switches {
 public:
  perf_switches();
  ~perf_switches();
  perf_switches(const perf_switches&) = delete;
  perf_switches& operator=(const perf_switches&) = delete;

  /// Begins with a thread, in 36 KiB of locked memory. Returns the problem, a clause, if there is
  /// one; one that is watched already is none.
  std::optional<std::string> add(pid_t thread);
  void remove(pid_t thread);

  /// From now on until it is there. False if the processor or the kernel refuses, or the thread is
  /// none of those that were added.
  bool await(pid_t thread, std::uintptr_t instruction);

  /// What happened since the last call, thread by thread, each in order of time.
  std::vector<thread_event> read();
  /// Events that found no room so far.
  std::uint64_t lost() const { return lost_; }

 private:
  struct watched;
  std::map<pid_t, std::unique_ptr<watched>> threads_;
  std::uint64_t lost_ = 0;
};

}  // namespace regatta::profiling
