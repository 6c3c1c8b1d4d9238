// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/switch_account.hpp"

#include "harness/profiling/kernel_time.hpp"

namespace regatta::profiling {
namespace {

using kernel_side::thread_slot;
using std::chrono::nanoseconds;

std::uint64_t count(nanoseconds time) { return static_cast<std::uint64_t>(time.count()); }

// Its loop's waits are seen from now on, or are not.
void see_waits(thread_slot& slot, bool seen) {
  kernel_side::settle(&slot, seen ? kernel_side::stage_waits : kernel_side::stage_switches);
  kernel_side::settle(&slot, slot.stage);  // from the very moment on
}

}  // namespace

void switch_account::add(const thread_event& event) {
  const auto found = threads_.find(event.tid);
  if (found == threads_.end()) return;
  state& thread = found->second;
  switch (event.happened) {
    case thread_event::what::to_cpu:
      return come_to_cpu(thread, event.time);
    case thread_event::what::off_cpu:
    case thread_event::what::preempted:
      return leave_cpu(thread, event);
    case thread_event::what::came_back:
      kernel_side::charge(&thread.slot, count(event.time));
      end_slice(thread, event.time);
      begin_slice(thread, event.time);
  }
}

void switch_account::look(const thread_sample& sample, const loop_identity& loop, bool waits) {
  const auto [found, fresh] = threads_.try_emplace(sample.tid);
  state& thread = found->second;
  const bool sleeps = sample.look.now != internal::thread_look::state::running;
  if (fresh || thread.loop != loop) {
    thread = {};
    thread.loop = loop;
    thread.slot.tid = static_cast<std::uint32_t>(sample.tid);
    thread.slot.mode = kernel_side::mode_cpu;
    thread.slot.call = kernel_side::no_call;
    thread.off = sleeps;
    thread.off_since = sample.time;
  }
  if (!thread.off || !sleeps) return;
  thread.look = sample;
  thread.waits = waits;
  if (!waits || thread.slot.slice_began == 0) return;
  end_slice(thread, thread.off_since);
  thread.slot.slice_began = 0;
}

void switch_account::leave_cpu(state& thread, const thread_event& event) {
  kernel_side::charge(&thread.slot, count(event.time));
  thread.off = true;
  thread.preempted = event.happened == thread_event::what::preempted;
  thread.off_since = event.time;
  thread.look.reset();
  thread.waits = false;
}

// What it was in while it was off its CPU.
void switch_account::charge_absence(state& thread, nanoseconds time) {
  thread_slot& slot = thread.slot;
  slot.mode = kernel_side::mode_runnable;
  if (!thread.preempted && thread.look) {
    const internal::thread_look& look = thread.look->look;
    if (thread.look->stopped) {
      slot.mode = kernel_side::mode_stopped;
    } else if (look.now == internal::thread_look::state::in_call) {
      slot.mode = kernel_side::mode_blocked;
      kernel_side::note_call(&slot, slot.changed, look.call, look.argument[0], look.argument[1],
                             look.argument[2]);
    } else {
      slot.mode = kernel_side::mode_fault;
    }
  }
  kernel_side::charge(&slot, count(time));
  slot.mode = kernel_side::mode_cpu;
  slot.call = kernel_side::no_call;
}

void switch_account::come_to_cpu(state& thread, nanoseconds time) {
  const bool was_off = std::exchange(thread.off, false);
  if (was_off && thread.slot.slice_began != 0 &&
      (thread.preempted || (thread.look && !thread.waits))) {
    return charge_absence(thread, time);
  }
  if (was_off && thread.preempted) return;
  if (was_off) end_slice(thread, thread.off_since);
  begin_slice(thread, time);
}

void switch_account::end_slice(const state& thread, nanoseconds time) {
  const nanoseconds began = ns(thread.slot.slice_began);
  if (began == nanoseconds(0) || time - began < threshold_) return;
  const seen_slice slice = slice_of(thread, time);
  if (time - began - ns(slice.ledger.stopped) >= threshold_) ended_(slice);
}

void switch_account::begin_slice(state& thread, nanoseconds time) {
  thread_slot& slot = thread.slot;
  slot.slices += 1;
  slot.slice = slot.slices;
  slot.slice_began = slot.changed = slot.unseen_until = count(time);
  slot.unseen = slot.sure = 0;
  slot.ledger = {};
  slot.mode = kernel_side::mode_cpu;
  see_waits(slot, false);
}

seen_slice switch_account::slice_of(const state& thread, nanoseconds end) const {
  const nanoseconds began = ns(thread.slot.slice_began);
  return {.tid = static_cast<pid_t>(thread.slot.tid),
          .loop = thread.loop,
          .number = thread.slot.slice,
          .begin = began,
          .end = end,
          .ledger = thread.slot.ledger,
          .sure = ns(thread.slot.unseen) <= unsure_ ||
                  ns(kernel_side::sure_of(&thread.slot, count(end))) >= threshold_};
}

void switch_account::awaited(pid_t thread, nanoseconds time) {
  const auto found = threads_.find(thread);
  if (found == threads_.end()) return;
  if (!found->second.off) kernel_side::charge(&found->second.slot, count(time));
  see_waits(found->second.slot, true);
}

void switch_account::count_ticks(pid_t thread, unsigned user, unsigned kernel) {
  const auto found = threads_.find(thread);
  if (found == threads_.end()) return;
  found->second.slot.ledger.user_ticks += user;
  found->second.slot.ledger.kernel_ticks += kernel;
}

std::optional<seen_slice> switch_account::lasting(pid_t thread, nanoseconds now) const {
  const auto found = threads_.find(thread);
  if (found == threads_.end() || found->second.slot.slice_began == 0) return std::nullopt;
  state so_far = found->second;
  if (!so_far.off) {
    kernel_side::charge(&so_far.slot, count(now));
  } else if (so_far.preempted || (so_far.look && !so_far.waits)) {
    charge_absence(so_far, now);
  } else {
    return std::nullopt;  // it waits, perhaps for its loop
  }
  return slice_of(so_far, now);
}

bool switch_account::is_blind(pid_t thread) const {
  const auto found = threads_.find(thread);
  return found != threads_.end() && found->second.slot.slice_began != 0 &&
         found->second.slot.stage == kernel_side::stage_switches;
}

}  // namespace regatta::profiling
