// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "harness/platform/cpu_limits.hpp"

namespace regatta {

/// CPU time of the whole machine since boot, in ticks of 10 ms, summed over CPUs.
struct cpu_ticks {
  std::uint64_t total = 0;  ///< everything, idle included
  std::uint64_t idle = 0;   ///< idle and waiting for I/O
  std::uint64_t steal = 0;  ///< we wanted to run and the hypervisor ran somebody else
  bool operator==(const cpu_ticks&) const = default;
};
cpu_ticks operator-(const cpu_ticks& later, const cpu_ticks& earlier);

/// Stolen share of the time in which there was something to run; nullopt if there was none.
std::optional<double> steal_fraction(const cpu_ticks& ticks);

/// From the text of /proc/stat.
std::optional<cpu_ticks> parse_cpu_ticks(std::string_view stat);

/// For deltas: read before and after. nullopt where /proc/stat is not to be had.
std::optional<cpu_ticks> read_steal(const std::filesystem::path& root = "/");

/// How this very program was built: half of all strange results are a debug build.
struct build_info {
  std::string compiler;   ///< with version
  std::string type;       ///< CMAKE_BUILD_TYPE, or "unknown"
  std::string revision;   ///< of git, or "unknown"
  std::string sanitizer;  ///< "none", "address", "thread"
  bool optimized = false;
  bool operator==(const build_info&) const = default;
};
build_info this_build();

/// What a report says of the machine, the moment and the build. What is unknown is nullopt.
struct environment {
  std::string started_at;  ///< ISO 8601, UTC, to the second
  std::string hostname;
  std::string kernel;     ///< release
  std::string cpu_model;  ///< "unknown" where /proc/cpuinfo has no model name (arm64)
  cpu_limits cpus;
  std::optional<throttling> throttled;                ///< so far
  std::optional<double> stolen;                       ///< fraction, since boot
  std::optional<std::array<double, 3>> load_average;  ///< over 1, 5 and 15 minutes
  std::optional<std::uint64_t> memory_total_bytes, memory_available_bytes;
  std::optional<bool> virtual_machine;  ///< the hypervisor flag of /proc/cpuinfo; x86 only
  std::optional<std::string> scaling_governor;
  std::optional<std::string> clocksource;
  std::optional<int> address_randomisation;  ///< kernel.randomize_va_space: 0, 1 or 2
  /// That the workloads queried, with its version: "SQLite 3.40.1, embedded". Nothing: none did.
  std::optional<std::string> database;
  build_info build;
  bool operator==(const environment&) const = default;
};

/// `root` stands before /proc and /sys, for tests.
environment read_environment(const std::filesystem::path& root = "/");

/// "2026-01-31T08:05:09Z"
std::string iso8601_utc(std::chrono::system_clock::time_point when);

}  // namespace regatta
