// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "harness/diagnostics/loop_monitor/block_report.hpp"
#include "harness/diagnostics/loop_monitor/thread_probe.hpp"

namespace regatta::internal {

/// What a thread was seen waiting in, and how often. Looks are taken at even intervals.
struct seen_wait {
  thread_look look;
  std::string descriptor;  ///< what its first argument stands for, if that is a descriptor
  unsigned times = 0;
};

/// All that is known about a blocked stretch when somebody asks why.
struct stretch_evidence {
  std::chrono::nanoseconds duration{};
  std::chrono::nanoseconds cpu{};
  std::chrono::nanoseconds cpu_wait{};
  std::chrono::nanoseconds unseen{};  ///< at the beginning, before anybody looked
  std::uint64_t faults = 0;
  std::chrono::nanoseconds fault_cost{};  ///< of one page fault on this machine
  std::vector<seen_wait> waits;
  std::vector<source_frame> stack;  ///< may be empty
};

struct cause_found {
  block_cause cause = block_cause::unknown;
  std::string detail;  ///< "fsync of /var/lib/db"; may be empty
  std::vector<block_share> shares;
};

/// Time on a CPU is what the kernel counted; the time it waited is split by what it was seen
/// waiting in. The cause is the largest share; name lookups are known by their function on the
/// stack.
cause_found find_cause(const stretch_evidence& evidence);

/// "fsync"; "system call 999" if it has no name here.
std::string call_name(long number);
/// Whether the first argument of the call is a descriptor.
bool takes_descriptor(long number);
/// What waiting like that means. Futexes are told apart by the value glibc waits for.
block_cause cause_of_wait(const seen_wait& wait);

}  // namespace regatta::internal
