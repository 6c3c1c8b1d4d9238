// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/affinity.hpp"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace regatta {
namespace {

struct free_cpu_set {
  void operator()(cpu_set_t* set) const { CPU_FREE(set); }
};
using cpu_set = std::unique_ptr<cpu_set_t, free_cpu_set>;

}  // namespace

std::vector<int> current_affinity() {
  // The kernel refuses a mask that is shorter than its own, which may exceed CPU_SETSIZE (1,024).
  for (int cpus = CPU_SETSIZE; cpus <= 64 * CPU_SETSIZE; cpus *= 2) {
    const cpu_set set(CPU_ALLOC(static_cast<std::size_t>(cpus)));
    const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    CPU_ZERO_S(size, set.get());
    if (::sched_getaffinity(0, size, set.get()) != 0) {
      if (errno == EINVAL) continue;
      break;
    }
    std::vector<int> allowed;
    for (int cpu = 0; cpu < cpus; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), size, set.get())) allowed.push_back(cpu);
    }
    return allowed;
  }
  return {};
}

bool set_affinity(const std::vector<int>& cpus) {
  if (cpus.empty() || *std::min_element(cpus.begin(), cpus.end()) < 0) return false;
  const auto count = static_cast<std::size_t>(*std::max_element(cpus.begin(), cpus.end())) + 1;
  const cpu_set set(CPU_ALLOC(count));
  const std::size_t size = CPU_ALLOC_SIZE(count);
  CPU_ZERO_S(size, set.get());
  for (const int cpu : cpus) CPU_SET_S(static_cast<std::size_t>(cpu), size, set.get());
  return ::sched_setaffinity(0, size, set.get()) == 0;
}

bool pin_this_thread(int cpu) { return set_affinity({cpu}); }

scoped_affinity::scoped_affinity(const std::vector<int>& cpus)
    : before_(current_affinity()), active_(!before_.empty() && set_affinity(cpus)) {}

scoped_affinity::~scoped_affinity() {
  if (active_) set_affinity(before_);
}

}  // namespace regatta
