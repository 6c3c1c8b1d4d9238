// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "harness/profiling/bpf/thread_account.h"
#include "harness/profiling/perf_switches.hpp"
#include "harness/profiling/sample_judge.hpp"
#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {

/// A callback as far as switches and looks at /proc tell.
struct seen_slice {
  pid_t tid = 0;
  loop_identity loop;
  std::uint64_t number = 0;  ///< the thread's how manieth
  std::chrono::nanoseconds begin{}, end{};
  kernel_side::slice_ledger ledger{};
  bool sure = false;  ///< nobody can have missed a wait in between
};

/// The slices of the threads of loops, where the kernel tells when a thread leaves its CPU but not
/// why: that is known if somebody looked at it meanwhile. A wait that nobody looked at may have
/// been the loop's, so it ends the slice: callbacks that wait for a moment only are not found long.
/// Pure: no clock, no kernel. Thread safety: one thread.
class switch_account {
 public:
  using teller = std::function<void(const seen_slice&)>;

  /// `ended` is told of slices over the threshold. A slice is sure if its loop may have waited
  /// unseen for `unsure` of it at most.
  switch_account(std::chrono::nanoseconds threshold, std::chrono::nanoseconds unsure, teller ended)
      : threshold_(threshold), unsure_(unsure), ended_(std::move(ended)) {}

  /// What a thread of the loop does, in order of time for each thread.
  void add(const thread_event& event);
  /// A look at a thread of that loop; `waits`: for the loop, as far as it was seen. Events up to
  /// the look come before it.
  void look(const thread_sample& sample, const loop_identity& loop, bool waits);
  /// From now on the thread is told of when it comes back from its wait.
  void awaited(pid_t thread, std::chrono::nanoseconds time);
  /// A look of the CPU clock at the thread, or several of them.
  void count_ticks(pid_t thread, unsigned user, unsigned kernel);
  void thread_ended(pid_t thread) { threads_.erase(thread); }

  /// The slice that the thread is in, as of now.
  std::optional<seen_slice> lasting(pid_t thread, std::chrono::nanoseconds now) const;
  /// Whether it is in a slice whose next wait nobody awaits.
  bool is_blind(pid_t thread) const;

 private:
  struct state {
    kernel_side::thread_slot slot{};
    loop_identity loop;
    bool off = false, preempted = false;
    std::chrono::nanoseconds off_since{};
    std::optional<thread_sample> look{};  ///< while it is off
    bool waits = false;                   ///< for its loop, as that look says
  };
  static void leave_cpu(state& thread, const thread_event& event);
  void come_to_cpu(state& thread, std::chrono::nanoseconds time);
  void end_slice(const state& thread, std::chrono::nanoseconds time);
  static void begin_slice(state& thread, std::chrono::nanoseconds time);
  static void charge_absence(state& thread, std::chrono::nanoseconds time);
  seen_slice slice_of(const state& thread, std::chrono::nanoseconds end) const;

  std::chrono::nanoseconds threshold_, unsure_;
  teller ended_;
  std::map<pid_t, state> threads_;
};

}  // namespace regatta::profiling
