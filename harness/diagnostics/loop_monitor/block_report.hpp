// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/diagnostics/source_frame.hpp"
#include "harness/diagnostics/task_tracker/task_info.hpp"

namespace regatta {

/// Why a thread of an event loop did not go on, as one word.
enum class block_cause {
  computing,    ///< on a CPU, in the program's or a library's code
  page_faults,  ///< on a CPU or waiting, to get memory
  sleeping,     ///< nanosleep and its relatives
  file_sync,    ///< fsync, fdatasync, msync, sync
  file_access,  ///< reading, writing, opening or renaming files
  name_lookup,  ///< getaddrinfo and its relatives, whatever they wait for
  connecting,   ///< connect
  socket_io,    ///< sending, receiving, waiting for a descriptor
  mutex,        ///< a mutex somebody else holds
  condition,    ///< a condition variable, a semaphore, a future
  child,        ///< a child process's end
  other_call,   ///< another system call; its name is in the shares
  cpu_wait,     ///< it could run and got no CPU
  unknown,
};

/// "computing", "page faults", "sleeping", "file sync", …
const char* to_string(block_cause cause);

/// A part of a blocked stretch.
struct block_share {
  std::string what;  ///< "on CPU", "waiting for a CPU", "fsync", "futex (mutex)", …
  std::chrono::nanoseconds time{};

  bool operator==(const block_share&) const = default;
};

enum class block_phase {
  began,      ///< the threshold has passed, and it still is blocked
  continues,  ///< twice as long as at the report before, and it still is
  ended,      ///< it goes on; the duration is final
};

const char* to_string(block_phase phase);

/// A stretch of time in which one thread of an event loop ran one handler and nothing else.
struct block_report {
  std::uint64_t stretch = 0;  ///< a serial number: the reports of one stretch share it
  block_phase phase = block_phase::began;
  std::string loop{};  ///< the name its monitor was given
  pid_t thread = 0;
  std::string thread_name{};
  std::chrono::nanoseconds threshold{};
  /// So far; without what the whole process stood still (suspended machine, SIGSTOP, debugger).
  std::chrono::nanoseconds duration{};
  std::chrono::nanoseconds cpu_time{};  ///< of the thread, in the stretch
  block_cause cause = block_cause::unknown;
  std::string detail{};               ///< "fsync of /var/lib/db", "held by thread 81"; may be empty
  std::vector<block_share> shares{};  ///< longest first; they sum to the duration
  std::vector<source_frame> stack{};  ///< innermost first; as of the phase `began`
  std::string stack_problem{};        ///< why there is no stack; empty if there is one
  source_frame blocker{};          ///< the innermost function that is no library's; may be unknown
  std::vector<task_info> tasks{};  ///< who awaits whom, innermost first; with the task tracker
  std::vector<source_frame>
      created{};               ///< handler's creation, then its creator's, …; in exact mode
  std::uint64_t left_out = 0;  ///< stretches not reported since the last report
};

/// One sentence: "main loop: thread 81 was blocked for 212 ms, sleeping, in load at cache.cpp:31".
std::string summary(const block_report& report);
/// A readable block for stderr; the first line is the summary.
std::string format_block_report(const block_report& report);
/// One line of JSON without the line's end.
std::string format_block_report_json(const block_report& report);

/// Gets reports on a thread of the monitor's own; must not throw, and must not wait for the loop.
using block_report_handler = std::function<void(const block_report&)>;

}  // namespace regatta
