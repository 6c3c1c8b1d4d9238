// SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <thread>

#include "tests/harness/diagnostics/loop_monitor/corpus/faults.hpp"

namespace regatta::corpus {

[[gnu::noinline]] void stall_in_sleep(nanoseconds time) {
  std::this_thread::sleep_for(time);
  asm volatile("");  // no tail call
}

[[gnu::noinline]] void stall_in_inner_handler(nanoseconds time) {
  std::this_thread::sleep_for(time);
  asm volatile("nop");  // not stall_in_sleep's code, or the compiler makes them one function
}

[[gnu::noinline]] void stall_in_mutex(nanoseconds time) {
  std::mutex mutex;
  std::binary_semaphore is_held(0);
  const std::jthread holder([&mutex, &is_held, time] {
    const std::lock_guard lock(mutex);
    is_held.release();
    std::this_thread::sleep_for(time);
  });
  is_held.acquire();
  const std::lock_guard lock(mutex);
}

[[gnu::noinline]] void stall_in_condition_wait(nanoseconds time) {
  std::mutex mutex;
  std::condition_variable condition;
  std::unique_lock lock(mutex);
  condition.wait_for(lock, time, [] { return false; });
}

}  // namespace regatta::corpus
