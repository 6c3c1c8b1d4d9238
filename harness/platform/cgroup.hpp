// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/platform/cpu_limits.hpp"

/// Control groups as far as CPU time goes: version 1, version 2, and both at once ("hybrid").
/// Parsing is pure; only the last two functions touch the file system. See cgroups(7), section
/// "/proc files", and the kernel's admin-guide/cgroup-v2.rst.
namespace regatta::cgroup {

enum class version { v1, v2 };

/// A line of /proc/self/cgroup: where we are in one hierarchy.
struct membership {
  version hierarchy = version::v2;
  std::vector<std::string> controllers;  ///< of version 1
  std::string path;                      ///< absolute within the hierarchy
  bool operator==(const membership&) const = default;
};
std::vector<membership> parse_memberships(std::string_view proc_self_cgroup);

/// A cgroup line of /proc/self/mountinfo.
struct mount {
  version hierarchy = version::v2;
  std::vector<std::string> controllers;  ///< of version 1, among other mount options
  std::string root;                      ///< the cgroup that appears at `point`
  std::string point;
  bool operator==(const mount&) const = default;
};
std::vector<mount> parse_mounts(std::string_view mountinfo);

/// Where `path` of the hierarchy lies below the mount point: "" for the mount point itself. In a
/// container without a cgroup namespace the mount shows our own cgroup as its root, while the path
/// is still the host's. nullopt if the mount does not show it.
std::optional<std::string> path_below(const mount& where, std::string_view path);

/// "150000 100000" → 1.5. nullopt for "max" (no limit) and for what is not understood.
std::optional<double> parse_cpu_max(std::string_view text);
/// cpu.cfs_quota_us and cpu.cfs_period_us; a quota of -1 is none.
std::optional<double> parse_cfs_quota(std::string_view quota, std::string_view period);
/// cpu.stat; nullopt where it counts no periods, as at the root of version 2.
std::optional<throttling> parse_cpu_stat(std::string_view text);

/// A directory that holds cpu.* files for us.
struct directory {
  version hierarchy = version::v2;
  std::filesystem::path path;
};
/// Our cgroup and then its ancestors up to the mount point, for every hierarchy that controls CPU
/// time. Directories that are not there are left out.
std::vector<directory> cpu_directories(const std::filesystem::path& root);

struct quota {
  double cpus = 0;
  directory where;
  std::filesystem::path file;
};
/// The tightest of them.
std::optional<quota> tightest_quota(const std::vector<directory>& directories);

}  // namespace regatta::cgroup
