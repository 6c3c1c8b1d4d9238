// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/standstill_clock.hpp"

#include <thread>

#include "harness/diagnostics/loop_monitor/stack_copy.hpp"
#include "harness/diagnostics/loop_monitor/thread_probe.hpp"
#include "harness/diagnostics/own_thread_id.hpp"

namespace regatta::internal {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using clock = std::chrono::steady_clock;

monitor_time standstill_clock::now() const {
  return clock::now().time_since_epoch() - lost_.load(std::memory_order_relaxed);
}

// What a thread did with a stretch of time: all that is not standing still.
struct standstill_clock::account {
  explicit account(const thread_probe& own)
      : at(clock::now()), used(own.cpu() + own.cpu_wait() + time_waited_for_copies()) {}
  clock::time_point at;
  nanoseconds used;
};

void standstill_clock::sleep_for(nanoseconds time) {
  thread_local const thread_probe own(own_thread_id());
  thread_local account woken(own);
  const account slept(own);
  leave_out((slept.at - woken.at) - (slept.used - woken.used));
  const auto due = clock::now() + time;
  std::this_thread::sleep_until(due);
  woken = account(own);
  leave_out((woken.at - due) - (woken.used - slept.used));
}

// Less than that is a late timer.
void standstill_clock::leave_out(nanoseconds unaccounted) {
  if (unaccounted < 5ms) return;
  lost_.store(lost_.load(std::memory_order_relaxed) + unaccounted, std::memory_order_relaxed);
}

}  // namespace regatta::internal
