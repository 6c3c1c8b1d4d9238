// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace regatta::doctor {

/// What the kernel says of the machine's setting that no report needs but a diagnosis does. What is
/// not to be had is nullopt or empty.
struct machine_facts {
  std::map<std::string, unsigned> governors;  ///< name → CPUs that it steers
  std::optional<bool> turbo;                  ///< the clock may rise above its nominal rate
  std::string turbo_off;                      ///< the command that stops it
  /// The CPUs that may be used, those of one core together, by lowest number.
  std::vector<std::vector<int>> cores;
  std::optional<std::string> clocksources;  ///< that may be chosen, blank-separated
  std::optional<std::uint64_t> swap_total_bytes, swap_used_bytes;
  std::optional<std::string> huge_pages;  ///< transparent ones: "always", "madvise" or "never"
  std::optional<double> cpu_pressure, memory_pressure, io_pressure;  ///< see parse_pressure
  std::optional<int> perf_event_paranoid;
  std::optional<std::uint64_t> open_files;  ///< the hard limit; the largest number if there is none
  std::optional<bool> fixed_layout;         ///< this process was started without randomisation
  bool operator==(const machine_facts&) const = default;
};

/// `root` stands before /proc and /sys, for tests. Of all CPUs, `usable` matter.
machine_facts read_machine_facts(const std::vector<int>& usable,
                                 const std::filesystem::path& root = "/");

/// /proc/pressure/*: the share of the last 10 s in which some task waited for this resource.
std::optional<double> parse_pressure(std::string_view text);

/// "always [madvise] never" → "madvise".
std::optional<std::string> parse_choice(std::string_view text);

/// The hard limit of open files in /proc/PID/limits; the largest number if it is unlimited.
std::optional<std::uint64_t> parse_open_files(std::string_view limits);

/// /proc/PID/personality: whether ADDR_NO_RANDOMIZE is set (personality(2)).
std::optional<bool> parse_fixed_layout(std::string_view personality);

}  // namespace regatta::doctor
