// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/diagnostics/loop_monitor/thread_probe.hpp"
#include "harness/platform/unique_fd.hpp"
#include "harness/profiling/profile_result.hpp"

namespace regatta::profiling {

/// Time of CLOCK_MONOTONIC, as eBPF programs read it.
std::chrono::nanoseconds monotonic_now();

/// What one look at a thread saw.
struct thread_sample {
  pid_t tid = 0;
  std::chrono::nanoseconds time{};
  internal::thread_look look;
  std::chrono::nanoseconds cpu{}, run_queue{};  ///< since it began
  std::uint64_t runs = 0;                       ///< times it was given a CPU
  bool stopped = false;  ///< SIGSTOP or a debugger; only looked at where the look tells nothing
  std::uint32_t selected = 0;  ///< in select: how many descriptors it asks for
};

/// The contents of /proc/PID/task/TID/schedstat into the sample. False if it is not that. Pure.
bool parse_schedstat(std::string_view text, thread_sample& sample);

/// What a thread with these figures is, if no loop is served by it. Pure.
thread_kind kind_of_thread(const thread_profile& thread);

/// The threads of a foreign process, those that come and go included, by the files of /proc: three
/// descriptors for each, and about 2 µs a look.
/// Thread safety: one thread.
class thread_book {
 public:
  explicit thread_book(pid_t process) : process_(process) {}

  /// Notes which threads there are now.
  void scan();
  /// Looks at the threads that `wanted` says yes to. A thread that has ended is left out.
  void look(const std::function<bool(pid_t)>& wanted,
            const std::function<void(const thread_sample&)>& seen);
  /// Threads that ended, by the last scan and since the last call.
  std::vector<pid_t> ended();

  std::string name_of(pid_t thread) const;
  std::size_t alive() const { return alive_.size(); }
  std::vector<pid_t> threads() const;
  /// All threads ever seen, the busiest first.
  std::vector<thread_profile> profiles(const std::set<pid_t>& loop_threads) const;

 private:
  struct record {
    unique_fd syscall, schedstat;
    std::string name;
    thread_sample first, last;
    std::map<long, unsigned> waits;  ///< how often it was seen in which call
  };
  std::optional<thread_sample> sample(pid_t thread, record& kept) const;

  pid_t process_;
  std::map<pid_t, record> alive_;
  std::map<pid_t, record> past_;
  std::vector<pid_t> ended_;
};

}  // namespace regatta::profiling
