// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/profiling/driven_load.hpp"
#include "harness/profiling/profile_frame.hpp"
#include "harness/profiling/requests/request_profile.hpp"
#include "harness/statistics/duration_histogram.hpp"

namespace regatta::profiling {

/// Where the figures come from, best first.
enum class profile_tier {
  ebpf,  ///< every edge of every system call and every switch of the process, seen by the kernel
  perf,  ///< every switch, seen by the kernel, and samples of /proc that say what it was for
  proc,  ///< samples of /proc: what happens between two of them stays unseen
  /// The same, and threads of loops that compute for long are stopped for some 0.1 ms each time to
  /// copy their stacks. Only if asked for.
  ptrace,
};
inline const char* to_string(profile_tier tier) {
  switch (tier) {
    case profile_tier::ebpf:
      return "eBPF";
    case profile_tier::perf:
      return "perf events";
    case profile_tier::proc:
      return "/proc";
    case profile_tier::ptrace:
      break;
  }
  return "/proc and ptrace";
}

/// A tier that would have been better, and why it was not had.
struct missing_tier {
  profile_tier tier = profile_tier::ebpf;
  std::string reason;

  bool operator==(const missing_tier&) const = default;
};

struct profiled_process {
  pid_t pid = 0;
  std::string name;  ///< of its main thread
  std::string command_line;

  bool operator==(const profiled_process&) const = default;
};

enum class share_kind {
  user_cpu,     ///< on a CPU, in its own code
  kernel_cpu,   ///< on a CPU, in a system call
  cpu,          ///< on a CPU, and too short to tell which of the two
  run_queue,    ///< it could run and got no CPU
  page_fault,   ///< waits for a page outside of any system call
  stopped,      ///< SIGSTOP, a debugger, a frozen cgroup
  system_call,  ///< waits in this call
  lock,         ///< waits for a lock: a futex with the value that says "taken, and waited for"
  condition,    ///< waits for a condition variable, a semaphore, a future: another futex
  unknown,
};
inline const char* to_string(share_kind kind) {
  switch (kind) {
    case share_kind::user_cpu:
      return "user CPU";
    case share_kind::kernel_cpu:
      return "kernel CPU";
    case share_kind::cpu:
      return "CPU";
    case share_kind::run_queue:
      return "waiting for a CPU";
    case share_kind::page_fault:
      return "page fault";
    case share_kind::stopped:
      return "stopped";
    case share_kind::system_call:
      return "system call";
    case share_kind::lock:
      return "lock";
    case share_kind::condition:
      return "condition";
    case share_kind::unknown:
      break;
  }
  return "unknown";
}

/// A part of a stretch's time.
struct ledger_share {
  share_kind kind = share_kind::unknown;
  std::string call{};    ///< of a system call, a lock or a condition: "fsync", "futex"
  std::string object{};  ///< what it waits for: a path, "tcp 127.0.0.1:5432", "held by thread 81"
  std::chrono::nanoseconds time{};

  bool operator==(const ledger_share&) const = default;
};

/// What a stretch cost those who asked the process for something meanwhile.
struct stretch_cost {
  std::uint64_t due = 0;             ///< requests that were to start while it lasted
  std::uint64_t held = 0;            ///< of them, not answered before it was over
  std::chrono::nanoseconds delay{};  ///< of those held: from their start to its end, summed

  bool operator==(const stretch_cost&) const = default;
};

/// A stretch of time in which a thread of a loop ran one callback and did not look at the loop's
/// descriptors.
struct blocked_stretch {
  std::chrono::nanoseconds begin{};  ///< since the profile began; negative: it lasted already
  std::chrono::nanoseconds duration{};
  pid_t tid = 0;
  std::string thread_name{};
  std::string loop{};                  ///< loop_profile::key
  std::vector<ledger_share> ledger{};  ///< longest first; sums to the duration within 1 %
  std::string cause{};   ///< the loop monitor's words: "computing", "sleeping", "file sync" …
  std::string detail{};  ///< "fsync of /var/lib/db"; may be empty
  std::vector<profile_frame> stack{};  ///< innermost first; may be empty
  profile_frame blocker{};             ///< the one it is named after; without function: unknown
  std::string stack_problem{};         ///< what is missing of it, and why; may be empty
  /// Others of the same loop, cause and blocking function, none of them longer, that are not listed
  /// themselves.
  std::uint64_t suppressed = 0;
  std::chrono::nanoseconds suppressed_time{};  ///< their sum
  bool ended = true;                           ///< false: it lasted when the profile ended
  std::optional<stretch_cost> cost{};          ///< unknown unless requests were followed

  /// Without what the machine did to it: time that it waited for a CPU or was stopped.
  std::chrono::nanoseconds own_time() const {
    std::chrono::nanoseconds own = duration;
    for (const ledger_share& share : ledger) {
      if (share.kind == share_kind::run_queue || share.kind == share_kind::stopped) {
        own -= share.time;
      }
    }
    return own;
  }
  bool operator==(const blocked_stretch&) const = default;
};

/// Where a saturated loop was found computing.
struct saturated_stack {
  std::vector<profile_frame> stack{};  ///< innermost first
  profile_frame blocker{};             ///< the one it is named after; without function: unknown
  std::uint64_t looks = 0;             ///< that found it there

  bool operator==(const saturated_stack&) const = default;
};

/// What a loop did in a part of the profile; the next one begins where it ends.
struct loop_interval {
  std::chrono::nanoseconds begin{};  ///< since the profile began
  std::chrono::nanoseconds length{};
  std::optional<std::uint64_t> iterations{};      ///< unknown from samples
  std::chrono::nanoseconds waiting{}, working{};  ///< sums over its threads

  bool operator==(const loop_interval&) const = default;
};

/// A set of descriptors that threads wait for, again and again.
struct loop_profile {
  std::string key;   ///< "epoll 5", "io_uring 4" or "poll in thread 812"
  std::string call;  ///< what they wait by: "epoll_wait", "poll", …; of several, the last one
  std::vector<pid_t> threads;
  std::optional<std::uint64_t> iterations;  ///< waits that ended; unknown from samples
  /// Sums over its threads, of the time they were seen as its threads.
  std::chrono::nanoseconds waiting{}, working{};
  /// From the end of a wait to the next one's begin; without samples' loops, that cannot tell.
  std::optional<duration_histogram> slices;
  /// Share of the samples in which its thread was on a CPU although no wait was seen between; only
  /// of samples, which cannot tell one long callback from many short ones.
  std::optional<double> saturated;
  /// What it computed then, the most frequent first and a few only; empty unless by ptrace.
  std::vector<saturated_stack> saturated_in;
  std::vector<blocked_stretch> stretches;  ///< longest first
  std::vector<loop_interval> timeline;     ///< in order of time, some hundreds at most

  /// nullopt if it neither waited nor worked.
  std::optional<double> working_share() const {
    const auto sum = waiting + working;
    if (sum.count() <= 0) return std::nullopt;
    return static_cast<double>(working.count()) / static_cast<double>(sum.count());
  }
};

enum class thread_kind {
  loop,    ///< waits for the descriptors of a loop
  worker,  ///< waits for work on a futex, or in other calls, and does some
  idle,    ///< hardly ran
  busy,    ///< hardly ever waits
};
inline const char* to_string(thread_kind kind) {
  switch (kind) {
    case thread_kind::loop:
      return "loop";
    case thread_kind::worker:
      return "worker";
    case thread_kind::idle:
      return "idle";
    case thread_kind::busy:
      return "busy";
  }
  return "idle";
}

/// What one thread did while it was watched.
struct thread_profile {
  pid_t tid = 0;
  std::string name{};
  thread_kind kind = thread_kind::idle;
  std::chrono::nanoseconds watched{};  ///< threads come and go
  std::chrono::nanoseconds cpu{};
  std::chrono::nanoseconds run_queue{};  ///< it could run and got no CPU
  std::uint64_t switches = 0;            ///< times it was given a CPU
  std::string waits_in{};  ///< what it was seen waiting in most: "futex"; may be empty
  pid_t process = 0;       ///< whose thread it is

  bool operator==(const thread_profile&) const = default;
};

/// What the profile itself took.
struct profiler_cost {
  std::chrono::nanoseconds attach{};  ///< until everything was in place; the process went on
  std::chrono::nanoseconds cpu{};     ///< of the profiler's own threads, symbols included
  std::uint64_t events = 0;           ///< that crossed to the profiler, or samples taken
  std::uint64_t dropped = 0;          ///< that found no room
  /// Of eBPF: how long the calls that loops wait by were watched, which every system call of every
  /// process pays a little for, and all calls, which they pay more for.
  std::chrono::nanoseconds waits_watched{}, calls_watched{};
  /// Of eBPF: the share of one CPU that its programs took, on all CPUs together, by the kernel's
  /// own measurement in a part of the time.
  std::optional<double> programs_share{};

  bool operator==(const profiler_cost&) const = default;
};

/// What one profile of one process found. Times are those of CLOCK_MONOTONIC.
struct profile_result {
  profile_tier tier = profile_tier::proc;
  std::vector<missing_tier> missing;
  profiled_process process;
  std::chrono::system_clock::time_point started;
  std::chrono::nanoseconds duration{};      ///< watched, attaching not counted
  std::chrono::nanoseconds threshold{};     ///< what a callback has to take to be listed
  std::vector<loop_profile> loops;          ///< the one that blocked longest first
  std::vector<thread_profile> threads;      ///< the busiest first
  std::optional<request_profile> requests;  ///< nullopt: they were not asked for
  std::vector<std::string> notes;           ///< whole sentences
  profiler_cost cost;
  std::optional<std::string> process_end;  ///< if it ended meanwhile: "exited with code 3"
  std::optional<driven_load> driven;       ///< a load that ran meanwhile
};

}  // namespace regatta::profiling
