// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/loop_watcher.hpp"

#include <time.h>

#include <algorithm>
#include <utility>

#include "harness/diagnostics/handler_tracking/tick_clock.hpp"
#include "harness/diagnostics/loop_monitor/mutex_holder.hpp"
#include "harness/diagnostics/loop_monitor/run_note.hpp"
#include "harness/diagnostics/task_tracker/running_tasks.hpp"

namespace regatta::internal {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::size_t most_ready_counted = 10'000;

handler_slot* slot_of(pid_t thread) {
  for (handler_slot* slot = first_handler_slot(); slot != nullptr; slot = slot->next) {
    if (slot->thread.load(std::memory_order_acquire) == thread) return slot;
  }
  return nullptr;
}

// What the monitor's own thread has spent, computing or waiting for copies: that much passes even
// while the process goes on.
nanoseconds own_time() {
  timespec cpu{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
  return time_waited_for_copies() + std::chrono::seconds(cpu.tv_sec) + nanoseconds(cpu.tv_nsec);
}

std::uint64_t next_stretch() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

loop_watcher::loop_watcher(std::shared_ptr<watched_loop> loop, monitor_options options)
    : loop_(std::move(loop)),
      options_(std::move(options)),
      period_(std::clamp<nanoseconds>(
          std::max<nanoseconds>(options_.threshold / 16,
                                std::min<nanoseconds>(options_.threshold / 10, 1ms)),
          250us, 2ms)),
      writer_(std::make_shared<report_writer>(options_)) {}

loop_health loop_watcher::health() const {
  loop_health health;
  {
    const std::lock_guard lock(numbers_mutex_);
    health = numbers_;
  }
  health.iterations = loop_->glance().polls / 2;
  health.left_out = writer_->left_out();
  health.ready_queue = loop_->ready(most_ready_counted);
  return health;
}

void loop_watcher::look(const watch_tools& tools) {
  const monitor_time now = tools.clock.now();
  look_began_ = now - own_time();
  const loop_glance glance = loop_->glance();
  const bool moved = glance.polls != last_.polls || glance.front != last_.front;
  if (glance.polls != last_.polls && glance.poller != 0)
    learn(glance.poller);  // it may have been away meanwhile
  look_for_threads(now, glance, moved);
  last_ = glance;

  nanoseconds blocked_now{};
  for (std::size_t i = 0; i < threads_.size();) {
    served_thread& thread = *threads_[i];
    if (!look_at(thread, moved, tools)) {
      finish(thread, tools);
      threads_.erase(threads_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    if (thread.stretch != 0) blocked_now = std::max(blocked_now, now - *thread.since);
    ++i;
  }

  looked_ = now;

  const std::lock_guard lock(numbers_mutex_);
  numbers_.threads = threads_.size();
  numbers_.blocked_now =
      blocked_now != 0ns ? std::optional<nanoseconds>(blocked_now) : std::nullopt;
}

// False: the thread has ended, or does not serve the loop any more.
bool loop_watcher::look_at(served_thread& thread, bool moved, const watch_tools& tools) {
  if (went_on(thread, last_, moved)) {
    finish(thread, tools);
    if (const auto since = slot_time(thread, tools.clock.now()))
      thread.open(*since, tools.clock.now());
    return true;
  }
  const auto look = thread.probe.look();
  if (!look) return false;
  if (waits_for_work(*look, *loop_)) {
    finish(thread, tools);
    return true;
  }
  // run() has returned or is about to: what the thread does now need not be the loop's.
  if (last_.stopped && thread.is_open() && has_left(thread)) return false;
  if (!thread.is_open()) thread.open(tools.clock.now(), tools.clock.now());
  thread.note(*look, tools.clock.now());
  return follow(thread, tools);
}

// Whether the thread has passed the boundary of a handler since the last look, or has none.
bool loop_watcher::went_on(served_thread& thread, const loop_glance& glance, bool moved) {
  const pid_t id = thread.probe.thread();
  if (glance.polls_now() && glance.poller == id) return true;
  if (thread.slot == nullptr || thread.slot->thread.load(std::memory_order_relaxed) != id) {
    thread.slot = slot_of(id);  // a slot goes to another thread when its own has ended
  }
  if (const handler_slot* const slot = thread.slot) {
    if (!runs_handler(*slot, id)) return true;
    return slot->since.load(std::memory_order_acquire) != thread.slot_since;
  }
  return is_alone(glance) && moved;
}

bool loop_watcher::runs_handler(const handler_slot& slot, pid_t thread) const {
  return slot.thread.load(std::memory_order_relaxed) == thread &&
         slot.depth.load(std::memory_order_relaxed) != 0 &&
         slot.context.load(std::memory_order_relaxed) == loop_->context;
}

// Exact mode: since when it has been in its handler.
std::optional<monitor_time> loop_watcher::slot_time(served_thread& thread, monitor_time now) {
  if (thread.slot == nullptr || !runs_handler(*thread.slot, thread.probe.thread())) {
    thread.slot_since = 0;
    return std::nullopt;
  }
  thread.slot_since = thread.slot->since.load(std::memory_order_acquire);
  const std::uint64_t ticks = now_ticks();
  const nanoseconds elapsed = ticks > thread.slot_since ? to_ns(ticks - thread.slot_since) : 0ns;
  // Not before the last look, at which it was in another handler or in none: ticks go on while the
  // process stands still.
  return std::max(now - elapsed, looked_);
}

bool loop_watcher::is_alone(const loop_glance& glance) const {
  return threads_.size() <= 1 && glance.has_reactor;
}

// False: it does not serve the loop any more.
bool loop_watcher::follow(served_thread& thread, const watch_tools& tools) {
  const bool has_proof = thread.slot != nullptr || is_alone(last_);
  if (!has_proof && !prove(thread, tools)) return true;
  const monitor_time now = tools.clock.now();
  const nanoseconds duration = now - *thread.since;
  if (duration >= options_.threshold / 4 && thread.stretch == 0) prepare(thread, now, tools);
  if (duration < options_.threshold) return true;
  const nanoseconds counted = thread.counted(now);
  if (counted < options_.threshold) return true;
  // If so much has passed within this look, the process may have stood still: the next one knows.
  if (now - own_time() - look_began_ > 5ms) return true;
  if (thread.stretch == 0) return begin(thread, tools);
  if (thread.told && counted >= thread.next_report) {
    thread.next_report = 2 * counted;
    if (has_left(thread)) return false;
    tools.reports.post(describe(thread, block_phase::continues, tools));
  }
  return true;
}

// The first names of a file take longer than a report may be late; they are looked up while it is
// not yet due. A few times a second, since most handlers end in time.
void loop_watcher::prepare(served_thread& thread, monitor_time now, const watch_tools& tools) {
  constexpr unsigned most_a_second = 5;
  if (thread.prepared) return;
  thread.prepared = true;
  if (now - prepared_second_ >= 1s) {
    prepared_second_ = now;
    prepared_in_second_ = 0;
  }
  if (++prepared_in_second_ > most_a_second) return;
  auto copied = copy_stack(thread.probe, thread.stack_bytes);
  if (auto* const copy = std::get_if<stack_copy>(&copied)) tools.reports.prepare(std::move(*copy));
}

// Of a thread among several nothing is known but that it has not been idle at any look. Whether it
// is in one handler all the time, or has had a short one after the other, tells the frame of run()
// on its stack. False: it cannot be told, or it is another one now.
bool loop_watcher::prove(served_thread& thread, const watch_tools& tools) {
  const nanoseconds age = tools.clock.now() - *thread.since;
  const bool first = !thread.frame;
  constexpr int pause_after_proof = 10;  // times what it took: deep stacks are read in turns
  const nanoseconds due =
      first ? std::min<nanoseconds>(options_.threshold / 10, 3ms)
            : thread.frame_time - *thread.since +
                  std::max(options_.threshold / 8, pause_after_proof * thread.proof_took);
  const bool decides = age >= options_.threshold && thread.stretch == 0;
  if (age < due && !decides) return !first;
  const monitor_time begin = tools.clock.now();
  run_frame frame = read_frame(thread, tools);
  const monitor_time now = tools.clock.now();  // a copy takes as long as its thread has no CPU
  thread.proof_took = now - begin;
  if (first) {
    take_frame(thread, std::move(frame), now);
    return age < options_.threshold;
  }
  same_handler same = tools.frames.compare(*thread.frame, frame);
  if (same == same_handler::cannot_tell && has_not_moved(thread)) same = same_handler::yes;
  thread.frame_time = now;
  if (same == same_handler::yes) return true;
  finish(thread, tools);
  thread.open(now, now);
  take_frame(thread, std::move(frame), now);
  return false;
}

// Of a deep recursion more has to be copied than of others.
run_frame loop_watcher::read_frame(served_thread& thread, const watch_tools& tools) {
  for (;;) {
    const auto copied = copy_stack(thread.probe, thread.stack_bytes);
    const auto* const copy = std::get_if<stack_copy>(&copied);
    if (copy == nullptr) return {};
    auto read = tools.frames.read(*copy, thread.probe.thread(), *loop_);
    if (read.frame) return std::move(*read.frame);
    if (read.more <= thread.stack_bytes) return {};
    thread.stack_bytes = read.more;
  }
}

void loop_watcher::take_frame(served_thread& thread, run_frame frame, monitor_time now) {
  thread.frame = std::move(frame);
  thread.frame_time = now;
  thread.waits_at_frame = thread.probe.waits();
  thread.loop_at_frame = last_;
}

// Where run() counts nothing: it has been in one wait since then, or in all of the loop no handler
// was taken.
bool loop_watcher::has_not_moved(const served_thread& thread) const {
  const auto look = thread.probe.look();
  const bool waits = look && look->now == thread_look::state::in_call;
  return (waits && thread.probe.waits() == thread.waits_at_frame) ||
         loop_->glance() == thread.loop_at_frame;
}

// Whether the thread is not in the loop any more, as far as its stack tells.
bool loop_watcher::has_left(const served_thread& thread) const {
  if (thread.slot != nullptr) return false;  // it says so itself
  const presence known = find_presence(*loop_, thread.probe.thread());
  if (known != presence::unknown) return known == presence::elsewhere;
  const auto copied = copy_stack(thread.probe);
  const auto* const copy = std::get_if<stack_copy>(&copied);
  return copy != nullptr && !copy->bytes.empty() &&
         find_run(*loop_, thread.probe.thread(), *copy) == 0;
}

void loop_watcher::last_look(const watch_tools& tools) {
  look(tools);
  for (const auto& thread : threads_) {
    if (thread->stretch != 0 && has_left(*thread)) finish(*thread, tools);
  }
}

// False: the thread is not in the loop, it only was.
bool loop_watcher::begin(served_thread& thread, const watch_tools& tools) {
  if (has_left(thread)) return false;
  const bool admitted = writer_->admit(tools.clock.now());
  std::variant<stack_copy, std::string> copied = std::string();
  if (admitted) copied = copy_stack(thread.probe, thread.stack_bytes);
  auto* const copy = std::get_if<stack_copy>(&copied);

  if (copy == nullptr && !thread.probe.look()) return false;  // it has ended

  // What was copied is of the stretch only if that has not ended meanwhile.
  const loop_glance after = loop_->glance();
  if (went_on(thread, after, after.polls != last_.polls || after.front != last_.front)) {
    return true;
  }
  thread.stretch = next_stretch();
  thread.next_report = 2 * options_.threshold;
  thread.told = admitted;
  {
    const std::lock_guard lock(numbers_mutex_);
    ++numbers_.stretches;
  }
  if (admitted) {
    stretch_event event = describe(thread, block_phase::began, tools);
    if (copy != nullptr) {
      event.stack = std::move(*copy);
    } else {
      event.report.stack_problem = std::get<std::string>(copied);
    }
    event.report.thread_name = thread.probe.name();
    event.tasks = running_records(event.report.thread);
    if (thread.slot != nullptr) event.trail = thread.slot->trail.load(std::memory_order_relaxed);
    const auto& waits = thread.waits;
    if (!waits.empty() && cause_of_wait(waits.back()) == block_cause::mutex) {
      event.report.detail = describe_holder(waits.back().look);
    }
    tools.reports.post(std::move(event));
  }
  return true;
}

stretch_event loop_watcher::describe(const served_thread& thread, block_phase phase,
                                     const watch_tools& tools) const {
  stretch_event event{.writer = writer_, .evidence = thread.evidence(tools.clock.now())};
  event.evidence.fault_cost = tools.fault_cost;
  event.report.stretch = thread.stretch;
  event.report.phase = phase;
  event.report.loop = options_.name;
  event.report.thread = thread.probe.thread();
  event.report.threshold = options_.threshold;
  event.report.duration = event.evidence.duration;
  event.report.cpu_time = std::min(event.evidence.cpu, event.evidence.duration);
  return event;
}

void loop_watcher::finish(served_thread& thread, const watch_tools& tools) {
  if (thread.stretch != 0) {
    const nanoseconds duration = tools.clock.now() - *thread.since;
    if (thread.told) tools.reports.post(describe(thread, block_phase::ended, tools));
    const std::lock_guard lock(numbers_mutex_);
    numbers_.blocked += duration;
    numbers_.longest = std::max(numbers_.longest, duration);
  }
  thread.close();
}

void loop_watcher::learn(pid_t thread) {
  const bool known = std::any_of(threads_.begin(), threads_.end(),
                                 [&](const auto& each) { return each->probe.thread() == thread; });
  if (!known) threads_.push_back(std::make_unique<served_thread>(thread));
}

void loop_watcher::look_for_threads(monitor_time now, const loop_glance& glance, bool moved) {
  if (moved || glance.stopped || stuck_since_ == 0ns) stuck_since_ = now;
  if (glance.stopped || now < next_search_) return;
  const nanoseconds stuck = now - stuck_since_;
  const bool urgently = threads_.empty() && stuck >= options_.threshold / 2;
  next_search_ = now + std::clamp<nanoseconds>(options_.threshold / 4, 10ms, 100ms);
  const auto is_known = [&](pid_t thread) {
    return std::any_of(threads_.begin(), threads_.end(),
                       [&](const auto& each) { return each->probe.thread() == thread; });
  };
  for (const handler_slot* slot = first_handler_slot(); slot != nullptr; slot = slot->next) {
    const pid_t thread = slot->thread.load(std::memory_order_relaxed);
    if (thread != 0 && runs_handler(*slot, thread)) learn(thread);
  }
  for (const pid_t thread : finder_.find(*loop_, now, urgently, is_known)) {
    learn(thread);
    // With a reactor, no handler of this loop can have been taken since then without a trace.
    if (urgently && glance.has_reactor) threads_.back()->open(stuck_since_, now);
  }
}

}  // namespace regatta::internal
