// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "harness/diagnostics/debug_options.hpp"
#include "harness/diagnostics/task_tracker/task_info.hpp"

namespace regatta {

enum class task_finding {
  never_awaited,      ///< a coroutine or a lazy operation was dropped before it began
  destroyed_pending,  ///< it was destroyed while it waited, and its execution context goes on
  exception_lost,     ///< an exception came out of it and nobody was there to take it
  pending_at_exit,    ///< the process ends and it still waits
  awaited_twice,      ///< co_await of what was awaited before, or moved from
};

/// "never awaited", "destroyed while pending", …
const char* to_string(task_finding finding);

/// What went wrong, with whom, and where that came from.
struct task_report {
  task_finding finding = task_finding::never_awaited;
  std::string message;              ///< one sentence, with the places
  task_info task;                   ///< .created and .origin: the creation place
  std::vector<task_info> stood_in;  ///< destroyed_pending: what it awaited, outermost first;
                                    ///< function and awaiting only
  std::exception_ptr exception;     ///< exception_lost
  std::string exception_type;       ///< "std::runtime_error"
  std::string exception_text;       ///< its what()
};

/// Gets every report, on the thread where it happened; must not throw.
using task_report_handler = std::function<void(const task_report&)>;

/// Reports go to `handler` instead of stderr; an empty one restores that. Returns the former one.
/// The end of the process reports to stderr in any case: the handler's own objects may be gone.
///
///   regatta::set_task_report_handler([](const regatta::task_report& report) {
///     log(report.message);
///   });
/// Thread safety: any thread.
task_report_handler set_task_report_handler(task_report_handler handler);

/// What stderr gets: one block of text, or with REGATTA_DEBUG=json one line of JSON. A finding at
/// the same place comes at most once a second; the next one says how many were left out.
void print_task_report(const task_report& report);

std::string format_task_report(const task_report& report);
std::string format_task_report_json(const task_report& report);

/// All findings of this process so far, printed or not.
std::uint64_t task_finding_count();

namespace internal {

/// To the handler, or to stderr unless it was `taken` by somebody else, and counted. Aborts if
/// REGATTA_DEBUG says fatal.
void deliver(const task_report& report, bool taken = false) noexcept;
/// Once, when the first task is tracked.
void start_reporting(const debug_options& options);

}  // namespace internal
}  // namespace regatta
