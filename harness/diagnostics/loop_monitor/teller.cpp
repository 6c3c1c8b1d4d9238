// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/teller.hpp"

#include <pthread.h>

#include <utility>

#include "harness/diagnostics/handler_tracking/handler_slot.hpp"
#include "harness/diagnostics/loop_monitor/thread_finder.hpp"
#include "harness/diagnostics/own_thread_id.hpp"
#include "harness/diagnostics/task_tracker/running_tasks.hpp"

namespace regatta::internal {

teller::teller(stack_reader& stacks, std::recursive_mutex& telling)
    : stacks_(stacks), telling_(telling), thread_([this] { work(); }) {}

teller::~teller() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void teller::post(stretch_event event) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    ++posted_;
  }
  changed_.notify_all();
}

void teller::prepare(stack_copy stack) { post({.writer = nullptr, .stack = std::move(stack)}); }

void teller::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t last = posted_;
  changed_.wait(lock, [&] { return done_ >= last; });
}

void teller::work() {
  ::pthread_setname_np(::pthread_self(), "regatta-tell");
  exclude_from_search(own_thread_id());
  {
    const std::lock_guard telling(telling_);
    stacks_.warm_up();
  }
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ends_ || !events_.empty(); });
    if (events_.empty()) return;
    stretch_event event = std::move(events_.front());
    events_.pop_front();
    lock.unlock();
    {
      const std::lock_guard telling(telling_);
      tell(event);
    }
    lock.lock();
    ++done_;
    changed_.notify_all();
  }
}

void teller::tell(stretch_event& event) {
  if (!event.writer) {  // only to know the names when they are wanted
    stacks_.read(*event.stack);
    return;
  }
  block_report& report = event.report;
  const std::uint64_t stretch = report.stretch;
  if (report.phase == block_phase::began) {
    name(event, told_[stretch]);
  } else if (!told_.contains(stretch)) {
    return;  // its beginning was left out
  }
  told_stretch& told = told_[stretch];
  event.evidence.stack = told.stack;
  cause_found found = find_cause(event.evidence);
  if (report.phase == block_phase::began && report.detail.empty()) {
    report.detail = std::move(found.detail);
  }
  if (report.phase == block_phase::began) {
    told.detail = report.detail;
    told.thread_name = report.thread_name;
  }
  report.detail = told.detail;
  report.thread_name = told.thread_name;
  report.cause = found.cause;
  report.shares = std::move(found.shares);
  report.stack = told.stack;
  report.blocker = told.blocker;
  const bool was_told = event.writer->tell(report);
  if (!was_told || report.phase == block_phase::ended) told_.erase(stretch);
}

void teller::name(stretch_event& event, told_stretch& told) {
  if (event.stack) {
    auto named = stacks_.read(*event.stack);
    told.stack = std::move(named.frames);
    told.blocker = std::move(named.blocker);
  }
  event.report.tasks = describe_running(event.tasks);
  if (event.trail != 0) event.report.created = describe_trail(event.trail);
}

}  // namespace regatta::internal
