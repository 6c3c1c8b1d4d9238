// SPDX-License-Identifier: Apache-2.0
// What the servers here have in common: faults, and when they happened.
#pragma once

#include <time.h>

#include <chrono>
#include <string>
#include <thread>

namespace regatta::score {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[gnu::always_inline]] inline std::chrono::nanoseconds cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// That time of the CPU, whatever else runs on the machine.
[[gnu::noinline]] inline void spin_long(milliseconds length) {
  const auto until = cpu_time() + length;
  volatile unsigned value = 0;
  while (cpu_time() < until) {
    for (int i = 0; i < 10000; ++i) value = value * 31 + 7;
  }
}

[[gnu::noinline]] inline void sleep_long(milliseconds length) {
  std::this_thread::sleep_for(length);
}

// The nanoseconds of CLOCK_MONOTONIC of its begin and its end, now.
inline std::string times(steady_clock::time_point begin) {
  const auto text = [](steady_clock::time_point time) {
    return std::to_string(time.time_since_epoch() / std::chrono::nanoseconds(1));
  };
  return text(begin) + " " + text(steady_clock::now()) + "\n";
}

}  // namespace regatta::score
