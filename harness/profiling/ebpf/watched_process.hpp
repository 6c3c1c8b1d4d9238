// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <set>

#include "harness/profiling/ebpf/slice_stacks.hpp"
#include "harness/profiling/ebpf/waiting_copies.hpp"
#include "harness/profiling/profile_options.hpp"
#include "harness/profiling/sample_judge.hpp"
#include "harness/profiling/stretch_teller.hpp"
#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {

/// What is known of one process beside the kernel's counts: its threads, its names, the stacks of
/// slices that are not over. Thread safety: one thread.
class watched_process {
 public:
  /// `child`: of the one that is profiled, so that its loops are named with its id.
  watched_process(pid_t pid, bool child, const profile_options& options, const profile_hooks& hooks,
                  std::chrono::nanoseconds began);

  pid_t pid() const { return pid_; }
  loop_identity identity(std::uint32_t kind, std::uint64_t key) const {
    return {.kind = kind, .key = key, .process = child_ ? pid_ : 0};
  }

  /// By /proc: threads that came and went, and how much each of them ran.
  void look();
  /// Whether a thread that is in no loop of `known` took a CPU all the time between the last two
  /// looks.
  bool has_busy_stranger(const std::set<pid_t>& known) const;

  /// Reads the symbols, if that was not done yet, by the stack of a thread that waits for its loop:
  /// of one that sleeps the kernel's side has seen nothing so far.
  void warm_up();

  slice_stacks& stacks_of(pid_t thread, std::uint64_t slice);
  void forget_slice(pid_t thread, std::uint64_t slice) { open_[thread].erase(slice); }
  void forget_thread(pid_t thread) { open_.erase(thread); }

  /// Soon after it was copied: an interpreter's functions are read from the running process.
  void add(waiting_copy copy);

  const thread_book& threads() const { return threads_; }
  stretch_teller& teller() { return teller_; }
  const stretch_teller& teller() const { return teller_; }
  /// The loops that /proc saw; those that slept all the time made no event.
  const std::map<loop_identity, sample_judge::loop_times>& seen_loops() const {
    return judge_.loops();
  }

  bool warm = false;  ///< the symbols were read
  bool over = false;  ///< the process has ended

 private:
  pid_t pid_;
  bool child_;
  thread_book threads_;
  stretch_teller teller_;
  sample_judge judge_;
  std::map<pid_t, std::map<std::uint64_t, slice_stacks>> open_;
  std::map<pid_t, thread_sample> last_;
  std::set<pid_t> busy_;
};

}  // namespace regatta::profiling
