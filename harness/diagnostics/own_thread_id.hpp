// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <unistd.h>

namespace regatta::internal {

inline constinit thread_local pid_t known_thread_id = 0;

/// gettid() for the price of a load. After a fork the child's only thread has to forget what it
/// knew: see watchdog.cpp.
inline pid_t own_thread_id() noexcept {
  if (known_thread_id == 0) [[unlikely]]
    known_thread_id = ::gettid();
  return known_thread_id;
}

}  // namespace regatta::internal
