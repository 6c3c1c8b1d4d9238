// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/profiling/bpf/thread_account.h"
#include "harness/profiling/profile_options.hpp"
#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {

/// A loop by what its threads wait for.
struct loop_identity {
  std::uint32_t kind = 0;  ///< kernel_side::wait_kind
  std::uint64_t key = 0;   ///< a descriptor; of poll, the thread
  pid_t process = 0;       ///< a child of the process that is profiled; 0: that one itself
  auto operator<=>(const loop_identity&) const = default;
};
/// "epoll 5", "io_uring 4", "poll in thread 812"; "epoll 5 of process 811".
std::string to_string(const loop_identity& loop);

/// A loop's thread that was in one and the same call all the time.
struct sampled_stretch {
  pid_t tid = 0;
  loop_identity loop;
  std::chrono::nanoseconds begin{}, end{};  ///< of the samples; it lasted longer at both ends
  kernel_side::call_share call{};           ///< call -1: a page fault
};

/// What can be said of loops from samples of /proc. A thread that did not run between two samples
/// was in the same call all the time: if that is none of its loop's waits, it blocked. A thread
/// that was on a CPU in each of them may have run one long callback or many short ones: that is
/// called saturated and never blocked. Pure: no clock, no file. Thread safety: one thread.
class sample_judge {
 public:
  using teller = std::function<void(const sampled_stretch&, stretch_phase)>;
  /// Whether that thread, which waits, does so in a handler. Its stack can tell.
  using stack_question = std::function<bool(pid_t)>;

  /// Without `in_handler`, who waits for a condition in a loop of several threads has nothing to
  /// do.
  sample_judge(std::chrono::nanoseconds threshold, teller tell, stack_question in_handler = {})
      : threshold_(threshold), tell_(std::move(tell)), in_handler_(std::move(in_handler)) {}

  void add(const thread_sample& sample);
  void thread_ended(pid_t tid, std::chrono::nanoseconds time);
  /// Ends what still lasts; its stretches are told as `continues`.
  void finish();

  bool is_loop_thread(pid_t tid) const;
  /// The loop that the thread serves; nullopt: none that is known.
  std::optional<loop_identity> loop_of(pid_t tid) const;
  /// Whether it was last seen waiting for its loop, or for another thread of it.
  bool waits(pid_t tid) const;
  /// Since when it was not seen waiting for its loop; nullopt: it waits, or has none.
  std::optional<std::chrono::nanoseconds> busy_since(pid_t tid) const;

  struct loop_times {
    std::set<pid_t> threads;
    std::string call;
    std::chrono::nanoseconds waiting{}, working{}, saturated{};
  };
  const std::map<loop_identity, loop_times>& loops() const { return loops_; }

 private:
  struct thread_state {
    std::uint32_t wait_kind = 0;
    std::optional<loop_identity> loop;
    std::optional<thread_sample> last;
    std::optional<sampled_stretch> current;
    std::chrono::nanoseconds told{};  ///< its length when it was last told; 0: never
    std::optional<thread_sample> busy_since;
    bool waits = false;
    std::optional<thread_sample> parked_since;  ///< or waits for a condition in a handler
    bool in_handler = false;
    std::set<std::uint64_t> parks_at;  ///< futexes at which it has nothing to do
  };
  /// Whether it waits as its loop does; notes which loop that is.
  bool waits_for_loop(const thread_sample& sample, thread_state& thread);
  bool is_parked(const thread_sample& sample, thread_state& thread);
  void end_stretch(thread_state& thread, stretch_phase phase);
  void end_busy(thread_state& thread, const thread_sample& sample);
  void follow_call(const thread_sample& sample, thread_state& thread);

  std::chrono::nanoseconds threshold_;
  teller tell_;
  stack_question in_handler_;
  std::map<pid_t, thread_state> threads_;
  std::map<loop_identity, loop_times> loops_;
};

}  // namespace regatta::profiling
