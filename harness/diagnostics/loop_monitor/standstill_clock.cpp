// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/standstill_clock.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "harness/diagnostics/loop_monitor/thread_probe.hpp"
#include "harness/diagnostics/own_thread_id.hpp"

namespace regatta::internal {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using clock = std::chrono::steady_clock;

monitor_time standstill_clock::now() const {
  return clock::now().time_since_epoch() - lost_.load(std::memory_order_relaxed);
}

void standstill_clock::sleep_for(nanoseconds time) {
  thread_local const thread_probe own(own_thread_id());
  thread_local nanoseconds waited_before = own.cpu_wait();
  const auto due = clock::now() + time;
  std::this_thread::sleep_until(due);
  const nanoseconds late = clock::now() - due;
  const nanoseconds waited_in_all = own.cpu_wait();
  const nanoseconds waited = waited_in_all - std::exchange(waited_before, waited_in_all);
  if (late < 5ms) return;
  const nanoseconds stood = std::max(0ns, late - waited);
  lost_.store(lost_.load(std::memory_order_relaxed) + stood, std::memory_order_relaxed);
}

}  // namespace regatta::internal
