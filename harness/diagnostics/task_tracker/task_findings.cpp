// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/task_tracker/task_findings.hpp"

#include <fmt/format.h>

#include <iterator>
#include <set>
#include <stdexcept>
#include <utility>

#include "harness/diagnostics/exception_handler.hpp"
#include "harness/diagnostics/own_thread_id.hpp"
#include "harness/diagnostics/task_tracker/report.hpp"
#include "harness/diagnostics/task_tracker/snapshot.hpp"
#include "harness/diagnostics/task_tracker/task_events.hpp"

namespace regatta::internal {
namespace {

task_info describe_now(const raw_task& task) {
  return describe(task, coarse_now(), own_symbols(), own_string);
}

// "created at echo.cpp:12", or what is known instead.
std::string creation(const task_info& task) {
  if (task.created.known()) return fmt::format("created at {}", to_string(task.created));
  if (!task.origin.empty()) {
    return fmt::format("created in {} (no line is known; build with -g)",
                       task.origin.front().function);
  }
  return fmt::format("defined at {}", to_string(task.defined));
}

task_report report_of(task_finding finding, const raw_task& task) {
  task_report report;
  report.finding = finding;
  report.task = describe_now(task);
  return report;
}

void report_never_awaited(const raw_task& task) {
  task_report report = report_of(task_finding::never_awaited, task);
  report.message = fmt::format(
      "never awaited: {} was {} and dropped before it began; is a co_await "
      "missing?",
      report.task.function, creation(report.task));
  deliver(report);
}

void report_destroyed_pending(const raw_task& task, tracker_thread& thread) {
  task_report report = report_of(task_finding::destroyed_pending, task);
  // Noted from the innermost outwards, as the frames were destroyed.
  for (unsigned i = thread.children_count; i-- > 0;) {
    const destroyed_child& child = thread.children[i];
    task_info inner;
    inner.function = child.function != nullptr ? child.function : "an operation";
    inner.awaiting = {own_string(file_address(child.awaiting)), line_number(child.awaiting)};
    report.stood_in.push_back(std::move(inner));
  }
  report.message = fmt::format(
      "destroyed while pending: {} stood at the co_await at {} and will never go on; {}",
      report.task.function, to_string(report.task.awaiting), creation(report.task));
  deliver(report);
}

bool is_outermost(const task_record& record) {
  const task_record* const parent = record.parent_record.load(std::memory_order_relaxed);
  const std::uint64_t serial = record.parent.load(std::memory_order_relaxed);
  return parent == nullptr || serial == 0 ||
         parent->serial.load(std::memory_order_relaxed) != serial ||
         parent->kind.load(std::memory_order_relaxed) == record_kind::root;
}

// A frame that is awaited goes with the one that awaits it: only the outermost is reported, and the
// others are where it stood.
void destroyed_suspended(task_record& record, const raw_task& task) {
  tracker_thread& thread = this_thread;
  if (thread.children_count != 0 &&
      thread.children[thread.children_count - 1].parent != task.serial)
    thread.children_count = 0;
  if (task.kind != record_kind::task) return;
  if (is_outermost(record)) {
    report_destroyed_pending(task, thread);
    thread.children_count = 0;
  } else if (thread.children_count < std::size(thread.children)) {
    thread.children[thread.children_count++] = {
        task.parent, record.function.load(std::memory_order_relaxed), task.awaiting};
  }
}

exception_context context_of(const task_report& report) {
  exception_context context;
  context.message = report.message;
  context.exception = report.exception;
  context.type = report.exception_type;
  context.text = report.exception_text;
  context.task = report.task;
  context.created = report.task.origin;
  context.thread = own_thread_id();
  return context;
}

}  // namespace

void destroyed_unfinished(task_record& record) noexcept {
  try {
    const auto task = read_record(record);
    tracker_thread& thread = this_thread;
    if (thread.current == &record) thread.current = nullptr;
    if (thread.awaiting == &record) thread.awaiting = nullptr;
    if (!task || task->kind == record_kind::root) return;
    if (thread.contexts_ending != 0 && !debug_options_from_environment().abandoned) return;
    if (task->state == record_state::suspended) {
      destroyed_suspended(record, *task);
    } else if (task->state == record_state::created && std::uncaught_exceptions() == 0) {
      // What an exception passes by is not forgotten: it was given up.
      report_never_awaited(*task);
    }
  } catch (...) {  // out of memory, most likely: a report less
  }
}

void awaited_twice(task_record* awaiter, packed_place place) {
  const auto task = awaiter != nullptr ? read_record(*awaiter) : std::nullopt;
  task_report report = report_of(task_finding::awaited_twice, task.value_or(raw_task{}));
  report.task.awaiting = {own_string(file_address(place)), line_number(place)};
  report.message =
      fmt::format("awaited twice: {} awaits at {} what was awaited before, or moved from; {}",
                  report.task.function.empty() ? "a task" : report.task.function,
                  to_string(report.task.awaiting), creation(report.task));
  deliver(report);
  throw std::logic_error("regatta: " + report.message);
}

void report_lost_exception(const task_record* root, std::exception_ptr thrown) noexcept {
  try {
    const auto task = root != nullptr ? read_record(*root) : std::nullopt;
    task_report report = report_of(task_finding::exception_lost, task.value_or(raw_task{}));
    report.exception = thrown;
    try {
      std::rethrow_exception(std::move(thrown));
    } catch (...) {
      report.exception_type = current_exception_type();
      report.exception_text = current_exception_text();
    }
    report.message = fmt::format(
        "exception never retrieved: {} ({}) came out of {}, which was "
        "spawned detached; {}",
        report.exception_type, report.exception_text,
        report.task.function.empty() ? "a task" : report.task.function, creation(report.task));
    deliver(report, offer_exception(context_of(report)));
  } catch (...) {
  }
}

void report_pending_at_exit() noexcept {
  try {
    const std::vector<raw_task> records = own_records();
    std::set<std::uint64_t> awaiting;  // tasks that wait: what they await is not reported again
    for (const raw_task& record : records) {
      if (record.kind == record_kind::task && record.state == record_state::suspended) {
        awaiting.insert(record.serial);
      }
    }
    for (const raw_task& record : records) {
      const bool unstarted = record.state == record_state::created;
      if (record.kind == record_kind::root || record.state == record_state::finished) continue;
      if (!unstarted && (record.kind != record_kind::task || awaiting.contains(record.parent))) {
        continue;
      }
      task_report report = report_of(task_finding::pending_at_exit, record);
      report.message = fmt::format(
          "still pending at exit: {} {}; {}", report.task.function,
          unstarted ? std::string("never began")
                    : fmt::format("stands at the co_await at {}", to_string(report.task.awaiting)),
          creation(report.task));
      deliver(report);
    }
  } catch (...) {
  }
}

}  // namespace regatta::internal
