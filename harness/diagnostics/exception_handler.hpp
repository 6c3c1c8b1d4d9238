// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/diagnostics/source_frame.hpp"
#include "harness/diagnostics/task_tracker/task_info.hpp"

namespace regatta {

/// An exception that nobody of the program took, and where that came from.
struct exception_context {
  std::string message;  ///< one sentence, with the places
  std::exception_ptr exception;
  std::string type;               ///< "std::runtime_error"
  std::string text;               ///< its what(); says so if there is none
  std::optional<task_info> task;  ///< that ran; with the task tracker
  /// Where the handler was created, then where its creator was, …; of a detached task, the stack
  /// that created it. Innermost first.
  std::vector<source_frame> created;
  pid_t thread = 0;
};

/// Gets them on the thread where it happened; must not throw.
using exception_handler = std::function<void(const exception_context&)>;

/// In debug builds: `handler` gets every exception that leaves a handler of Asio's (exact mode; it
/// goes on to leave run() as ever) or that comes out of a detached coroutine (the task tracker),
/// in place of the block of text on stderr. An empty one restores that. Returns the former one.
///
///   regatta::set_exception_handler([](const regatta::exception_context& lost) {
///     log(lost.message);
///   });
///
/// Cancellation of a detached coroutine is none of them, and an exception that passes several
/// handlers is reported by the innermost. In release builds: what callbacks of futures throw, only.
/// Thread safety: any thread.
exception_handler set_exception_handler(exception_handler handler);

/// What stderr gets; the same place and type comes once a second, all together twenty a second.
std::string format_exception(const exception_context& context);
/// The same as one line of JSON, with REGATTA_DEBUG=json.
std::string format_exception_json(const exception_context& context);

/// Of this process so far, reported or not.
std::uint64_t escaped_exception_count();

namespace internal {

/// Inside of a catch block: an exception leaves the handler with that trail.
void report_escaped(std::uint64_t trail) noexcept;

/// If there is an exception_handler, it gets this. False: there is none.
bool offer_exception(const exception_context& context) noexcept;

/// Inside of a catch block. "std::runtime_error", and its what().
std::string current_exception_type();
std::string current_exception_text();

}  // namespace internal
}  // namespace regatta
