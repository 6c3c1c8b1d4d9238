// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>

#include "harness/profiling/profile_options.hpp"

namespace regatta::profiling {

/// A tier is not to be had here; the sentence says why.
struct tier_unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One way to watch the loops of a process. Thread safety: one thread.
class loop_watch {
 public:
  virtual ~loop_watch() = default;

  /// From now on. What is costly to put in place is so already.
  virtual void begin(pid_t process) = 0;
  /// Waits for a moment and looks; tells what it sees of stretches that last.
  virtual void look() = 0;
  /// Adds loops, threads, notes, events and dropped events.
  virtual void finish(profile_result& result) = 0;
};

/// Sees every edge, from inside the kernel. `process`: one that runs already, which is watched as
/// soon as possible; without it, all is in place before begin(). Throws tier_unavailable.
std::unique_ptr<loop_watch> make_ebpf_watch(const profile_options& options,
                                            const profile_hooks& hooks,
                                            std::optional<pid_t> process);

/// Sees every switch of the threads of loops, and samples /proc 250 times a second for what they
/// are for: without any privilege, of the same user's processes. `process`: one that runs already,
/// to try it with. Throws tier_unavailable.
std::unique_ptr<loop_watch> make_perf_watch(const profile_options& options,
                                            const profile_hooks& hooks,
                                            std::optional<pid_t> process);

/// Samples /proc, 250 times a second.
std::unique_ptr<loop_watch> make_proc_watch(const profile_options& options,
                                            const profile_hooks& hooks);

/// The same, and stops threads of loops that compute for the threshold or longer, 20 times a second
/// at most, to copy their stacks. Throws tier_unavailable.
std::unique_ptr<loop_watch> make_ptrace_watch(const profile_options& options,
                                              const profile_hooks& hooks,
                                              std::optional<pid_t> process);

}  // namespace regatta::profiling
