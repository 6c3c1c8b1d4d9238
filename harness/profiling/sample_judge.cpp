// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/sample_judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/profiling/stretch_ledger.hpp"

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;
using state = internal::thread_look::state;

std::uint32_t wait_kind(const thread_sample& sample) {
  const internal::thread_look& look = sample.look;
  if (look.now != state::in_call) return kernel_side::wait_none;
  return kernel_side::wait_kind_of(look.call, look.argument[1], look.argument[2], look.argument[3],
                                   sample.selected);
}

bool same_wait(const thread_sample& a, const thread_sample& b) {
  return a.runs == b.runs && a.look == b.look && a.look.now != state::running;
}

kernel_side::call_share share_of(const internal::thread_look& look) {
  kernel_side::call_share share{};
  share.call = look.now == state::in_call ? static_cast<std::int32_t>(look.call) : -1;
  share.first = look.argument[0];
  share.second = static_cast<std::uint32_t>(look.argument[1]);
  share.third = static_cast<std::uint32_t>(look.argument[2]);
  return share;
}

}  // namespace

std::string to_string(const loop_identity& loop) {
  const std::string of = loop.process != 0 ? fmt::format(" of process {}", loop.process) : "";
  switch (loop.kind) {
    case kernel_side::wait_epoll:
      return fmt::format("epoll {}{}", loop.key, of);
    case kernel_side::wait_uring:
      return fmt::format("io_uring {}{}", loop.key, of);
    default:
      return fmt::format("poll in thread {}{}", loop.key, of);
  }
}

bool sample_judge::is_loop_thread(pid_t tid) const {
  const auto found = threads_.find(tid);
  return found != threads_.end() && found->second.loop;
}

std::optional<loop_identity> sample_judge::loop_of(pid_t tid) const {
  const auto found = threads_.find(tid);
  return found != threads_.end() ? found->second.loop : std::nullopt;
}

bool sample_judge::waits(pid_t tid) const {
  const auto found = threads_.find(tid);
  return found != threads_.end() && found->second.waits;
}

std::optional<nanoseconds> sample_judge::busy_since(pid_t tid) const {
  const auto found = threads_.find(tid);
  if (found == threads_.end() || !found->second.busy_since) return std::nullopt;
  return found->second.busy_since->time;
}

bool sample_judge::waits_for_loop(const thread_sample& sample, thread_state& thread) {
  kernel_side::thread_slot known{};
  known.wait_kind = thread.wait_kind;
  const std::uint32_t kind = wait_kind(sample);
  const bool waits = !kernel_side::is_epoll(sample.look.call) ||
                     static_cast<std::int32_t>(sample.look.argument[3]) != 0;
  if (!kernel_side::is_loop_wait(&known, kind, waits)) return false;
  const loop_identity loop{.kind = kind,
                           .key = kind == kernel_side::wait_poll
                                      ? static_cast<std::uint64_t>(sample.tid)
                                      : sample.look.argument[0]};
  if (thread.loop && *thread.loop != loop) loops_[*thread.loop].threads.erase(sample.tid);
  thread.wait_kind = kind;
  thread.loop = loop;
  loop_times& times = loops_[loop];
  times.threads.insert(sample.tid);
  times.call = name_of_call(sample.look.call);
  return true;
}

void sample_judge::end_stretch(thread_state& thread, stretch_phase phase) {
  if (thread.current && thread.told != nanoseconds(0)) tell_(*thread.current, phase);
  thread.current.reset();
  thread.told = {};
}

void sample_judge::end_busy(thread_state& thread, const thread_sample& sample) {
  if (!thread.busy_since) return;
  const nanoseconds length = sample.time - thread.busy_since->time;
  const nanoseconds ran =
      sample.cpu + sample.run_queue - thread.busy_since->cpu - thread.busy_since->run_queue;
  if (length >= threshold_ && ran * 10 > length * 9) loops_[*thread.loop].saturated += length;
  thread.busy_since.reset();
}

void sample_judge::follow_call(const thread_sample& sample, thread_state& thread) {
  const bool goes_on = thread.current && thread.last && same_wait(*thread.last, sample);
  if (!goes_on) {
    end_stretch(thread, stretch_phase::ended);
    if (sample.look.now == state::running || sample.stopped) return;
    thread.current = sampled_stretch{.tid = sample.tid,
                                     .loop = *thread.loop,
                                     .begin = sample.time,
                                     .end = sample.time,
                                     .call = share_of(sample.look)};
    return;
  }
  sampled_stretch& current = *thread.current;
  if (sample.stopped) {
    current.begin = current.end = sample.time;
    return;
  }
  current.end = sample.time;
  const nanoseconds length = current.end - current.begin;
  if (length < threshold_ || length < 2 * thread.told) return;
  tell_(current, thread.told == nanoseconds(0) ? stretch_phase::began : stretch_phase::continues);
  thread.told = length;
}

// Where several threads serve a loop, a condition variable is where those wait that have nothing to
// do; but a handler may wait for one as well.
bool sample_judge::is_parked(const thread_sample& sample, thread_state& thread) {
  const bool may_park = thread.loop && sample.look.now == state::in_call &&
                        kernel_side::is_condition_wait(sample.look.call, sample.look.argument[1],
                                                       sample.look.argument[2]) &&
                        loops_.at(*thread.loop).threads.size() > 1;
  if (!may_park) {
    thread.parked_since.reset();
    return false;
  }
  if (!thread.parked_since || !same_wait(*thread.parked_since, sample)) {
    thread.parked_since = sample;
    thread.in_handler = false;
  }
  const nanoseconds length = sample.time - thread.parked_since->time;
  const std::uint64_t futex = sample.look.argument[0];
  const bool ask = in_handler_ && length >= threshold_ && !thread.parks_at.contains(futex);
  if (thread.in_handler || !ask) return !thread.in_handler;
  if (!in_handler_(sample.tid)) {
    thread.parks_at.insert(futex);
    return true;
  }
  thread.in_handler = true;
  thread.busy_since = thread.parked_since;
  thread.current = sampled_stretch{.tid = sample.tid,
                                   .loop = *thread.loop,
                                   .begin = thread.parked_since->time,
                                   .end = sample.time,
                                   .call = share_of(sample.look)};
  const nanoseconds counted = thread.last ? thread.last->time - thread.parked_since->time : length;
  loops_[*thread.loop].waiting -= counted;
  loops_[*thread.loop].working += counted;
  return false;
}

void sample_judge::add(const thread_sample& sample) {
  thread_state& thread = threads_[sample.tid];
  const bool waits = waits_for_loop(sample, thread) || is_parked(sample, thread);
  if (thread.loop) {
    loop_times& times = loops_[*thread.loop];
    if (thread.last) (waits ? times.waiting : times.working) += sample.time - thread.last->time;
    if (waits) {
      end_stretch(thread, stretch_phase::ended);
      end_busy(thread, sample);
    } else {
      if (!thread.busy_since) thread.busy_since = sample;
      follow_call(sample, thread);
    }
  }
  thread.last = sample;
  thread.waits = waits;
}

void sample_judge::thread_ended(pid_t tid, nanoseconds) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) return;
  end_stretch(found->second, stretch_phase::ended);
  if (found->second.loop) loops_[*found->second.loop].threads.erase(tid);
  threads_.erase(found);
}

void sample_judge::finish() {
  for (auto& [tid, thread] : threads_) {
    end_stretch(thread, stretch_phase::continues);
    if (thread.loop && thread.last) end_busy(thread, *thread.last);
  }
}

}  // namespace regatta::profiling
