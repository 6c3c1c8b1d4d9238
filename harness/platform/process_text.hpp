// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/platform/process_usage.hpp"

/// The pure half of process_usage: what the texts of /proc/PID mean (see proc(5)).
namespace regatta {

/// What we want of /proc/PID/stat.
struct process_stat {
  pid_t parent = 0;
  std::uint64_t minor_faults = 0, major_faults = 0;
  std::uint64_t user_ticks = 0, system_ticks = 0;  ///< of all threads, ended ones too
  bool operator==(const process_stat&) const = default;
};
std::optional<process_stat> parse_process_stat(std::string_view text);

/// `clock` is the process's CPU clock: its total is divided in the ratio of the ticks.
process_usage usage_from(const process_stat& stat, long ticks_per_second,
                         std::optional<std::chrono::nanoseconds> clock);

/// nullopt if the status has no VmHWM: a zombie or a kernel thread.
std::optional<process_memory> parse_process_memory(std::string_view status,
                                                   const std::optional<std::string>& smaps_rollup);

}  // namespace regatta
