// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/own_memory.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>

namespace regatta::internal {
namespace {

int open_own_memory() noexcept { return ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC); }

// The file stays the memory of the process that opened it: a forked child needs another.
int descriptor() noexcept {
  static std::atomic<int> current = [] {
    ::pthread_atfork(nullptr, nullptr, [] {
      const int former = current.exchange(open_own_memory(), std::memory_order_relaxed);
      if (former >= 0) ::close(former);
    });
    return open_own_memory();
  }();
  return current.load(std::memory_order_relaxed);
}

}  // namespace

std::size_t read_own_memory(std::uintptr_t address, void* target, std::size_t size) noexcept {
  const ssize_t got = ::pread(descriptor(), target, size, static_cast<off_t>(address));
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

}  // namespace regatta::internal
