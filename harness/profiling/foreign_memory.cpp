// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/foreign_memory.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace regatta::profiling {

// The kernel copies whole parts: a part a page, or one page that is not there takes all with it.
std::size_t foreign_memory::read(std::uint64_t address, void* target, std::size_t size) const {
  static const auto page = static_cast<std::uint64_t>(::getpagesize());
  std::size_t done = 0;
  while (done < size) {
    std::array<iovec, 64> parts;
    std::size_t count = 0;
    std::size_t wanted = 0;
    while (count < parts.size() && done + wanted < size) {
      const std::uint64_t at = address + done + wanted;
      const std::size_t length = std::min<std::uint64_t>(size - done - wanted, page - at % page);
      parts[count++] = {reinterpret_cast<void*>(at), length};
      wanted += length;
    }
    const iovec here{static_cast<std::byte*>(target) + done, wanted};
    const ssize_t got = ::process_vm_readv(process_, &here, 1, parts.data(), count, 0);
    if (got > 0) done += static_cast<std::size_t>(got);
    if (got < 0 || static_cast<std::size_t>(got) < wanted) break;
  }
  return done;
}

}  // namespace regatta::profiling
