// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace regatta {

/// How many CPUs this process may really use. Pools are sized from `usable`, never from the host's
/// core count: a container with cpu.max "200000 100000" on 64 cores gets 2 CPUs' worth of time, and
/// 64 workers would spend it in bursts and then all stand still for the rest of each period.
struct cpu_limits {
  unsigned visible = 0;       ///< online CPUs; 0 only if /sys is not there and nobody knows
  std::vector<int> affinity;  ///< ids this thread may run on: read it before pinning anything
  std::optional<double> quota_cpus;  ///< the tightest over our cgroup and all its ancestors
  std::string quota_source;          ///< the file that says so, or "none"
  unsigned usable = 1;               ///< see usable_cpus
  bool operator==(const cpu_limits&) const = default;
};

/// max(1, min(affinity, floor(quota))): a worker more than the quota pays for would only be
/// throttled.
unsigned usable_cpus(std::size_t affinity, std::optional<double> quota_cpus);

/// `root` stands before /proc and /sys, for tests; the affinity is always the calling thread's own.
cpu_limits read_cpu_limits(const std::filesystem::path& root = "/");

/// What the quota has cost so far, since the cgroup was made; for a run, take the difference.
struct throttling {
  std::uint64_t periods = 0;  ///< enforcement periods (100 ms each, by default)
  std::uint64_t throttled_periods = 0;
  std::chrono::nanoseconds throttled_time{};  ///< summed over CPUs: may exceed the wall time
  bool operator==(const throttling&) const = default;
};
throttling operator-(const throttling& later, const throttling& earlier);

/// From cpu.stat of the cgroup whose quota binds us, or of our own where none does.
/// nullopt without a CPU controller.
std::optional<throttling> read_throttling(const std::filesystem::path& root = "/");

}  // namespace regatta
