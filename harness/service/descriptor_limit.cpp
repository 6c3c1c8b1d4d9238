// SPDX-License-Identifier: Apache-2.0
#include "harness/service/descriptor_limit.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace regatta {

void allow_connections(std::size_t connections, std::size_t calls) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw std::system_error(errno, std::generic_category(), "reading the limit of descriptors");
  }
  const rlim_t wanted = connections + calls + spare_descriptors;
  if (limit.rlim_cur >= wanted) return;
  if (limit.rlim_max < wanted) {
    throw std::runtime_error(fmt::format(
        "{} connections and {} calls at a time need {} file descriptors, and this process may have "
        "{}; raise the limit (ulimit -Hn {}) or take fewer with --max-connections",
        connections, calls, wanted, limit.rlim_max, wanted));
  }
  limit.rlim_cur = wanted;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw std::system_error(errno, std::generic_category(), "raising the limit of descriptors");
  }
}

}  // namespace regatta
