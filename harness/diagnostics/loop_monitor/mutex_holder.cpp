// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/mutex_holder.hpp"

#include <fmt/format.h>

#include "harness/diagnostics/own_memory.hpp"

namespace regatta::internal {

std::string describe_holder(const thread_look& waits) {
  // pthread_mutex_t begins with the futex, a count and the owner's thread id (glibc 2.x, 64 bits).
  struct mutex_head {
    std::int32_t lock, count, owner;
  } head{};
  if (read_own_memory(waits.argument[0], &head, sizeof(head)) != sizeof(head)) return "";
  if (head.owner <= 0) return "";
  const std::string name = thread_probe(head.owner).name();
  return name.empty() ? "" : fmt::format("held by thread {} ({})", head.owner, name);
}

}  // namespace regatta::internal
