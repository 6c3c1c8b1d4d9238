// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/handler_waits.hpp"

#include <sys/syscall.h>

#include "harness/profiling/culprit.hpp"
#include "harness/profiling/kernel_time.hpp"
#include "harness/profiling/waiting_capture.hpp"

namespace regatta::profiling {
namespace {

// When the thread went on, as far as its slot still tells.
std::uint64_t end_of_wait(const kernel_side::thread_slot& thread, std::uint64_t began,
                          std::uint64_t now) {
  if (thread.slice_began > began) return thread.slice_began;
  return thread.wait_began > began ? thread.wait_began : now;
}

}  // namespace

void handler_waits::look(watched_process& process, const kernel_side::thread_slot& thread,
                         const loop_identity& loop, std::uint64_t now) {
  const auto tid = static_cast<pid_t>(thread.tid);
  wait& current = waits_[{process.pid(), tid}];
  const bool parked = thread.parked != 0 && thread.wait_began != 0;
  if (current.began != 0 && (!parked || thread.wait_began != current.began)) {
    end(process, tid, current, end_of_wait(thread, current.began, now), true);
  }
  if (!parked || now < thread.wait_began) return;
  if (current.began == 0) {
    current.began = thread.wait_began;
    current.loop = loop;
    current.call = {.time = 0,
                    .first = thread.argument[0],
                    .second = static_cast<std::uint32_t>(thread.argument[1]),
                    .third = static_cast<std::uint32_t>(thread.argument[2]),
                    .call = SYS_futex,
                    .owner = 0};
  }
  const auto length = ns(now - current.began);
  if (length < threshold_ / 2 || !is_in_handler(process, tid, current)) return;
  if (length < threshold_ || length < 2 * current.told) return;
  process.teller().tell(stretch_of(tid, current, now),
                        current.told.count() == 0 ? stretch_phase::began : stretch_phase::continues,
                        process.threads());
  current.told = length;
}

bool handler_waits::is_in_handler(watched_process& process, pid_t tid, wait& current) {
  if (current.asked) return current.stack.has_value();
  current.asked = true;
  auto& parks_at = parks_at_[{process.pid(), tid}];
  if (parks_at.contains(current.call.first)) return false;
  const auto captured = capture_waiting_thread(process.pid(), tid);
  if (!captured) return false;
  named_stack stack = process.teller().name(*captured);
  if (runs_handler(stack.frames)) {
    current.stack = std::move(stack);
  } else {
    parks_at.insert(current.call.first);
  }
  return current.stack.has_value();
}

found_stretch handler_waits::stretch_of(pid_t tid, const wait& current, std::uint64_t end) {
  found_stretch found{.tid = tid,
                      .loop = current.loop,
                      .begin = ns(current.began),
                      .ledger = {},
                      .stack = current.stack};
  found.ledger.used = 1;
  found.ledger.calls[0] = current.call;
  found.ledger.calls[0].time = end - current.began;
  return found;
}

void handler_waits::end(watched_process& process, pid_t tid, wait& current, std::uint64_t end,
                        bool over) {
  if (current.stack && ns(end - current.began) >= threshold_) {
    process.teller().keep(stretch_of(tid, current, end), over, current.told.count() != 0,
                          process.threads());
  }
  current = {};
}

void handler_waits::finish(watched_process& process, const kernel_side::thread_slot& thread,
                           std::uint64_t now) {
  const auto tid = static_cast<pid_t>(thread.tid);
  const auto found = waits_.find({process.pid(), tid});
  if (found == waits_.end() || found->second.began == 0) return;
  wait& current = found->second;
  const bool lasts = thread.parked != 0 && thread.wait_began == current.began;
  end(process, tid, current, lasts ? now : end_of_wait(thread, current.began, now), !lasts);
}

}  // namespace regatta::profiling
