// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/thread_finder.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <filesystem>

#include "harness/diagnostics/loop_monitor/run_note.hpp"
#include "harness/diagnostics/loop_monitor/stack_copy.hpp"

namespace regatta::internal {

using namespace std::chrono_literals;

bool waits_for_work(const thread_look& look, const watched_loop& loop) {
  // A wait with a time limit is another call after SIGSTOP and SIGCONT, with the same arguments.
  const bool waits = look.call == SYS_futex || look.call == SYS_restart_syscall;
  return look.now == thread_look::state::in_call && waits && look.argument[0] >= loop.begin &&
         look.argument[0] < loop.end;
}

namespace {

std::array<std::atomic<pid_t>, 2> excluded{};  // the watchdog and the teller

bool is_excluded(pid_t thread) {
  return std::any_of(excluded.begin(), excluded.end(), [&](const std::atomic<pid_t>& each) {
    return each.load(std::memory_order_relaxed) == thread;
  });
}

}  // namespace

void exclude_from_search(pid_t thread) {
  static std::atomic<unsigned> next{0};  // the oldest one has ended
  excluded[next.fetch_add(1, std::memory_order_relaxed) % excluded.size()].store(
      thread, std::memory_order_relaxed);
}

std::vector<pid_t> thread_finder::other_threads() {
  std::vector<pid_t> threads;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc/self/task", error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    pid_t thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    if (thread != 0 && !is_excluded(thread)) threads.push_back(thread);
  }
  return threads;
}

// Opening a thread's files and reading its stack costs up to 100 µs, so whoever was no server is
// asked at growing intervals.
bool thread_finder::serves(pid_t thread, const watched_loop& loop, monitor_time now,
                           bool urgently) {
  const attempt former = attempts_[thread];
  if (now < former.next) return false;
  attempt& tried = attempts_[thread];
  tried.pause = std::clamp<std::chrono::nanoseconds>(2 * former.pause, 5ms, 1s);
  tried.next = now + tried.pause;
  const thread_probe probe(thread);
  const auto look = probe.look();
  if (!look) {
    attempts_.erase(thread);
    return false;
  }
  if (waits_for_work(*look, loop)) return true;
  if (look->now == thread_look::state::running && !urgently) {
    // Only looked at, not asked; but one that is never seen to wait is asked at last.
    constexpr unsigned patience = 5;
    const auto pause = std::clamp<std::chrono::nanoseconds>(2 * former.pause, 100ms, 1s);
    tried = former;
    tried.next = now;  // may be asked at any search, and is not forgotten
    if (++tried.seen_running < patience) return false;
    tried = {now + pause, pause, 0};
  }
  const auto copy = copy_stack(probe);
  const auto* const stack = std::get_if<stack_copy>(&copy);
  if (stack == nullptr || find_run(loop, thread, *stack) == 0) return false;
  attempts_.erase(thread);
  return true;
}

}  // namespace regatta::internal
