// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/foreign_stack.hpp"

#include <sys/uio.h>

#include <algorithm>

namespace regatta::profiling {

std::vector<std::byte> copy_memory(pid_t process, std::uint64_t from, std::size_t most) {
  constexpr std::size_t page = 4096;
  std::vector<std::byte> copied(most);
  // Part by part: a transfer that fails in the middle of one says nothing about that part.
  std::vector<iovec> parts;
  for (std::size_t at = 0; at < most;) {
    const std::size_t size = std::min(most - at, page - (from + at) % page);
    parts.push_back({reinterpret_cast<void*>(from + at), size});
    at += size;
  }
  const iovec here{copied.data(), copied.size()};
  const ssize_t got = ::process_vm_readv(process, &here, 1, parts.data(), parts.size(), 0);
  copied.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return copied;
}

}  // namespace regatta::profiling
