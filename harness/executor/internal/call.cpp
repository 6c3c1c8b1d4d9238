// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/internal/call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "harness/diagnostics/exception_handler.hpp"
#include "harness/diagnostics/stderr_text.hpp"
#include "harness/executor/errors.hpp"
#include "harness/executor/internal/executor_core.hpp"

namespace regatta::internal {

time_limit limit_after(std::optional<std::chrono::nanoseconds> timeout) {
  if (!timeout) return std::nullopt;
  const auto now = std::chrono::steady_clock::now();
  if (*timeout > std::chrono::steady_clock::time_point::max() - now) return std::nullopt;
  return now + *timeout;
}

const travelling_call& call::message() const {
  throw std::logic_error("this call was made for threads, not to travel");
}

void call::accept(bytes_view) noexcept {}

bool call::begin() {
  {
    const std::lock_guard lock(mutex_);
    if (status_ != call_status::pending) return false;
    status_ = call_status::running;
  }
  core_->no_longer_pending(*this);
  return true;
}

bool call::cancel() {
  {
    const std::lock_guard lock(mutex_);
    if (status_ == call_status::cancelled) return true;
    if (status_ != call_status::pending) return false;
    status_ = call_status::cancelled;
  }
  core_->no_longer_pending(*this);
  drop_work();
  finish(call_status::cancelled);
  return true;
}

void call::publish() { finish(call_status::done); }

void call::fail(std::exception_ptr why) {
  keep_error(std::move(why));
  drop_work();
  publish();
}

void call::run() {
  if (!begin()) return;
  const executor_thread here(*core_);
  execute();
  publish();
}

void call::finish(call_status as) {
  std::vector<numbered_note> notes;
  {
    const std::lock_guard lock(mutex_);
    status_ = as;
    notes.swap(notes_);
  }
  changed_.notify_all();
  for (const numbered_note& each : notes) {
    try {
      each.run();
    } catch (...) {
      report_lost("a done-callback of a future");
    }
  }
  notes.clear();  // what they hold may hold us
  core_->one_finished();
}

call_status call::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

bool call::finished() const {
  const call_status now = status();
  return now == call_status::done || now == call_status::cancelled;
}

bool call::help() {
  if (!core_->is_here()) return false;
  if (core_->runs_calls_here()) run();
  if (!finished() && core_->only_this_thread_publishes()) {
    throw std::logic_error(
        "this wait would never end: it is on the thread that has to finish what it waits for; use "
        "add_done_callback, or wait on a thread outside the executor");
  }
  return true;
}

bool call::wait(time_limit limit) {
  if (!limit) help();
  const auto over = [this] {
    return status_ == call_status::done || status_ == call_status::cancelled;
  };
  std::unique_lock lock(mutex_);
  if (limit) return changed_.wait_until(lock, *limit, over);
  changed_.wait(lock, over);
  return true;
}

std::exception_ptr call::error() const {
  if (status() == call_status::cancelled) {
    throw cancelled_error("this call was cancelled before it began");
  }
  return thrown();
}

std::uint64_t call::when_finished(std::function<void()> note) {
  {
    const std::lock_guard lock(mutex_);
    // Cancelled calls have run their notes, or are about to: finish() takes the list under the
    // lock.
    if (status_ == call_status::pending || status_ == call_status::running) {
      notes_.push_back({++noted_, std::move(note)});
      return noted_;
    }
  }
  try {
    note();
  } catch (...) {
    report_lost("a done-callback of a future");
  }
  return 0;
}

void call::forget(std::uint64_t note) {
  std::vector<numbered_note> forgotten;  // destroyed outside of the lock: it may hold anything
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(notes_.begin(), notes_.end(),
                               [&](const numbered_note& each) { return each.number == note; });
  if (at == notes_.end()) return;
  forgotten.push_back(std::move(*at));
  notes_.erase(at);
}

void report_lost(const char* where) noexcept {
  try {
    exception_context context;
    context.exception = std::current_exception();
    context.type = current_exception_type();
    context.text = current_exception_text();
    context.message = fmt::format("{} threw {}: {}", where, context.type, context.text);
    if (offer_exception(context)) return;
    write_to_stderr(fmt::format("regatta: {}\n", context.message));
  } catch (...) {  // out of memory, most likely: a report less
  }
}

}  // namespace regatta::internal
