// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/own_memory.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>

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

std::uintptr_t end_of_own_mapping(std::uintptr_t address) {
  std::ifstream maps("/proc/self/maps");
  std::uintptr_t begin = 0, end = 0;
  char dash = 0;
  std::string rest;
  while (maps >> std::hex >> begin >> dash >> end && std::getline(maps, rest)) {
    if (begin <= address && address < end) return end;
  }
  return address;
}

}  // namespace regatta::internal
