// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

/// The functions a blocked handler is caught in. Each blocks its thread for about `time`: of CPU
/// where it computes, of the steady clock where it waits. Each is the innermost function of a stack
/// that belongs to the program; below it there are libraries only, so that a report has one right
/// answer. Not for many threads at once, except where it says so.
namespace regatta::corpus {

using nanoseconds = std::chrono::nanoseconds;

// They compute. From any number of threads.
void stall_in_spin(nanoseconds time);
void stall_in_regex(nanoseconds time);            ///< a pattern that backtracks exponentially
void stall_in_sqlite(nanoseconds time);           ///< statements that count in memory
void stall_in_exception_storm(nanoseconds time);  ///< a library throws, again and again
void stall_in_page_faults(nanoseconds time);      ///< fresh anonymous memory, page by page

// They wait. From any number of threads.
void stall_in_sleep(nanoseconds time);
void stall_in_inner_handler(nanoseconds time);   ///< sleeps, too: of a handler in a handler
void stall_in_fsync(nanoseconds time);           ///< of a file in the temporary directory
void stall_in_mutex(nanoseconds time);           ///< held by another thread
void stall_in_condition_wait(nanoseconds time);  ///< nobody notifies
void stall_in_sqlite_lock(nanoseconds time);     ///< SQLite's busy handler sleeps
void stall_in_connect(nanoseconds time);         ///< the listener's queue is full
void stall_in_name_lookup(nanoseconds time);     ///< getaddrinfo, and a server that takes its time

}  // namespace regatta::corpus
