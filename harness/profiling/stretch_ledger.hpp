// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/profiling/bpf/thread_account.h"
#include "harness/profiling/profile_result.hpp"

namespace regatta::profiling {

/// What a system call waited for.
struct call_object {
  std::string text;  ///< "/var/lib/db", "tcp 127.0.0.1:5432", "held by thread 81"; may be empty
  std::string link;  ///< of a descriptor, what /proc/PID/fd says: "socket:[4711]"
};
using object_finder = std::function<call_object(const kernel_side::call_share&)>;

/// The parts of a stretch, longest first, and what its cause is called: what the program did, if
/// that alone was too long, else what the machine did to it. Pure.
struct explained_stretch {
  std::vector<ledger_share> ledger;
  std::string cause;
  std::string detail;
};
explained_stretch explain(const kernel_side::slice_ledger& ledger, const object_finder& object_of,
                          const std::vector<profile_frame>& stack,
                          std::chrono::nanoseconds threshold);

/// The time on a CPU. Where system calls were not watched it is divided as the CPU clock's looks at
/// it were; unknown if there was none. Pure.
struct split_time {
  std::chrono::nanoseconds user{}, kernel{}, unknown{};
};
split_time split_cpu(const kernel_side::slice_ledger& ledger);

/// The whole of a ledger.
std::chrono::nanoseconds length_of(const kernel_side::slice_ledger& ledger);

/// "fsync"; "system call 999" if it has no name here.
std::string name_of_call(long call);
/// Whether its first argument is a descriptor.
bool call_takes_descriptor(long call);

}  // namespace regatta::profiling
