// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <vector>

#include "harness/diagnostics/loop_monitor/served_thread.hpp"
#include "harness/diagnostics/loop_monitor/watched_loop.hpp"

namespace regatta::internal {

/// Whether the thread waits in the loop for work. A thread that asks the kernel for events is known
/// without this; the others wait for a futex inside of the scheduler.
bool waits_for_work(const thread_look& look, const watched_loop& loop);

/// The monitor's own threads serve nothing, and take no signals.
void exclude_from_search(pid_t thread);

/// Finds threads that serve a loop and have not been seen polling: those that wait for work, and
/// those on whose stack the loop's run() is.
class thread_finder {
 public:
  /// Threads to add. `known` is asked whether one is known already; `urgently` also asks threads
  /// that run, by a signal: for a loop that nobody seems to serve.
  template <class IsKnown>
  std::vector<pid_t> find(const watched_loop& loop, monitor_time now, bool urgently,
                          IsKnown is_known) {
    std::vector<pid_t> found;
    std::erase_if(attempts_, [&](const auto& entry) {  // long ended
      return now > entry.second.next + std::chrono::seconds(10);
    });
    for (const pid_t thread : other_threads()) {
      if (!is_known(thread) && serves(thread, loop, now, urgently)) found.push_back(thread);
    }
    return found;
  }

 private:
  struct attempt {
    monitor_time next{};
    std::chrono::nanoseconds pause{};
    unsigned seen_running = 0;  ///< in a row
  };
  static std::vector<pid_t> other_threads();
  bool serves(pid_t thread, const watched_loop& loop, monitor_time now, bool urgently);

  std::map<pid_t, attempt> attempts_;
};

}  // namespace regatta::internal
