// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/environment.hpp"

namespace regatta::doctor {

struct busy_process {
  pid_t pid = 0;
  std::string name;
  double cpus = 0;  ///< CPUs' worth of time it took
  bool operator==(const busy_process&) const = default;
};

/// What goes on while we only watch: the others' doing.
struct observation {
  double seconds = 0;
  std::optional<double> busy_cpus;  ///< CPUs' worth of time that others took, stolen time included
  std::optional<double> runnable;   ///< tasks of others that ran or wanted to, mean of the looks
  std::optional<std::uint64_t> pages_swapped;  ///< in and out
  std::vector<busy_process> busiest;           ///< at most three, each above 5 % of a CPU
};

/// One look at the counters from which an observation is made.
struct machine_snapshot {
  std::chrono::steady_clock::time_point at;
  std::optional<cpu_ticks> ticks;
  std::optional<std::uint64_t> pages_swapped;  ///< since boot
  struct process {
    std::string name;
    std::uint64_t ticks = 0;  ///< of CPU time
  };
  std::map<pid_t, process> processes;
};

/// `root` stands before /proc, for tests. `self` is left out of the processes.
machine_snapshot take_snapshot(pid_t self, const std::filesystem::path& root = "/");

/// `runnable`: what tasks_runnable() answered in between.
observation between(const machine_snapshot& before, const machine_snapshot& after,
                    const std::vector<unsigned>& runnable);

/// procs_running of /proc/stat, without the task that reads it.
std::optional<unsigned> tasks_runnable(std::string_view stat);

/// pswpin + pswpout of /proc/vmstat.
std::optional<std::uint64_t> parse_swapped(std::string_view vmstat);

/// Watches for so long, asleep. Ends early when `stop` says so.
observation observe(std::chrono::milliseconds duration, const std::function<bool()>& stop);

}  // namespace regatta::doctor
