// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/platform/unique_fd.hpp"

namespace regatta::profiling {

/// The numbers that perf_event_open(2) knows the kernel's tracepoints by, from tracefs: where it is
/// mounted, or from a mount of our own that no path leads to and that goes with this object.
/// Thread safety: one thread.
class tracepoint_numbers {
 public:
  tracepoint_numbers();

  /// Of "syscalls/sys_enter_poll". nullopt: this kernel has none, or we may not know.
  std::optional<std::uint64_t> of(const std::string& event) const;

 private:
  unique_fd events_;
};

}  // namespace regatta::profiling
