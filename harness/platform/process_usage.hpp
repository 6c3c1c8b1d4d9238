// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace regatta {

/// What a process has used since it began. Differences of two readings are what one reports.
struct process_usage {
  std::chrono::nanoseconds user{}, system{};
  std::uint64_t voluntary_switches = 0;    ///< it waited for something
  std::uint64_t involuntary_switches = 0;  ///< it was preempted
  std::uint64_t minor_faults = 0, major_faults = 0;

  std::chrono::nanoseconds cpu() const { return user + system; }
  bool operator==(const process_usage&) const = default;
};
process_usage operator+(const process_usage& a, const process_usage& b);
process_usage operator-(const process_usage& later, const process_usage& earlier);

/// All threads of this process, ended ones too. CPU time in µs; the sum is exact, the split between
/// user and system is the kernel's estimate (as everywhere below).
process_usage own_usage();

/// Of that, what the threads alive now have whose names begin with `prefix`.
process_usage usage_of_own_threads(std::string_view prefix);

/// The children that were waited for, and theirs; not the ones still running.
process_usage ended_children_usage();

/// Another process; nullopt when it is gone. `user + system` is exact to the ns where its CPU clock
/// can be read (clock_getcpuclockid), else in ticks of 10 ms. The split follows the ticks, so that
/// the difference of two readings may be a little negative in one part; before the first tick all
/// is called user. Switches are those of the threads alive now: Linux sums no others.
std::optional<process_usage> usage_of(pid_t pid);

struct process_memory {
  std::uint64_t peak_resident_bytes = 0;            ///< VmHWM: unlike ru_maxrss, exec resets it
  std::optional<std::uint64_t> proportional_bytes;  ///< PSS; unknown without the right to ptrace it
  std::uint64_t page_table_bytes = 0;               ///< VmPTE
  unsigned threads = 0;
  std::uint64_t kernel_stack_bytes = 0;  ///< an estimate: threads * 16 KiB (x86-64 and arm64)
  bool operator==(const process_memory&) const = default;
};
/// nullopt when the process is gone (a zombie has no memory either).
std::optional<process_memory> memory_of(pid_t pid);

/// Children, grandchildren and so on, parents first; without `pid`. A snapshot: processes come and
/// go while it is taken. `proc` is for tests.
std::vector<pid_t> descendants_of(pid_t pid, const std::filesystem::path& proc = "/proc");

}  // namespace regatta
