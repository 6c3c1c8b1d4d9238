// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace regatta {

/// The CPUs the calling thread may run on, ascending. Empty if the kernel does not say.
std::vector<int> current_affinity();

/// Restricts the calling thread; false if the kernel refuses (offline, or outside our cpuset).
bool set_affinity(const std::vector<int>& cpus);

/// Restricts the calling thread to one CPU. A thread that is created afterwards inherits it.
bool pin_this_thread(int cpu);

/// Restricts the calling thread for a scope and then gives back what it had:
///     const scoped_affinity here(cpu);
///     if (!here.active()) return std::nullopt;  // this CPU is not ours
/// Thread safety: ends on the thread that made it.
class [[nodiscard("the restriction ends with this object")]] scoped_affinity {
 public:
  explicit scoped_affinity(int cpu) : scoped_affinity(std::vector<int>{cpu}) {}
  explicit scoped_affinity(const std::vector<int>& cpus);
  scoped_affinity(const scoped_affinity&) = delete;
  scoped_affinity& operator=(const scoped_affinity&) = delete;
  ~scoped_affinity();

  bool active() const noexcept { return active_; }

 private:
  std::vector<int> before_;
  bool active_;
};

}  // namespace regatta
