// SPDX-License-Identifier: Apache-2.0
#include "harness/process/parking_spot.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace regatta {

static_assert(sizeof(std::atomic<std::uint32_t>) == 4 &&
              std::atomic<std::uint32_t>::is_always_lock_free);

void parking_spot::wait(std::chrono::nanoseconds timeout) {
  if (timeout.count() <= 0) return;
  const timespec limit{timeout.count() / 1'000'000'000, timeout.count() % 1'000'000'000};
  ::syscall(SYS_futex, &asleep_, FUTEX_WAIT, 1, &limit, nullptr, 0);
}

void parking_spot::wake_sleeper() {
  ::syscall(SYS_futex, &asleep_, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

}  // namespace regatta
