// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "harness/profiling/ebpf/watched_process.hpp"

namespace regatta::profiling {

/// Threads of a loop that has several, and that wait for a condition: the kernel's side takes them
/// for parked. The stack tells those of them that wait inside of a handler, which is blocked.
/// Thread safety: one thread.
class handler_waits {
 public:
  explicit handler_waits(std::chrono::nanoseconds threshold) : threshold_(threshold) {}

  /// At each thread, a few times in the threshold; `now` in ns of CLOCK_MONOTONIC.
  void look(watched_process& process, const kernel_side::thread_slot& thread,
            const loop_identity& loop, std::uint64_t now);
  /// The profile ends, and the thread may still wait.
  void finish(watched_process& process, const kernel_side::thread_slot& thread, std::uint64_t now);

 private:
  struct wait {
    std::uint64_t began = 0;
    loop_identity loop{};
    kernel_side::call_share call{};
    bool asked = false;
    std::optional<named_stack> stack{};  // of a handler
    std::chrono::nanoseconds told{};     // its length when it was last told; 0: never
  };
  using thread_id = std::pair<pid_t, pid_t>;  // process and thread

  bool is_in_handler(watched_process& process, pid_t tid, wait& current);
  static found_stretch stretch_of(pid_t tid, const wait& current, std::uint64_t end);
  void end(watched_process& process, pid_t tid, wait& current, std::uint64_t end, bool over);

  std::chrono::nanoseconds threshold_;
  std::map<thread_id, wait> waits_;
  std::map<thread_id, std::set<std::uint64_t>> parks_at_;  // futexes where it has nothing to do
};

}  // namespace regatta::profiling
