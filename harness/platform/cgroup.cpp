// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/cgroup.hpp"

#include <algorithm>
#include <utility>

#include "harness/platform/proc_text.hpp"

namespace regatta::cgroup {
namespace {

using proc_text::next_field;
using proc_text::next_word;
using proc_text::number;
using proc_text::read_file;

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) names.emplace_back(next_field(list, ','));
  return names;
}

bool controls_cpu(const std::vector<std::string>& controllers) {
  return std::find(controllers.begin(), controllers.end(), "cpu") != controllers.end();
}

/// mountinfo writes blanks, tabs, newlines and backslashes as three octal digits: "\040".
std::string unescaped(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                 (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::optional<double> ratio(std::optional<double> quota, std::optional<double> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return *quota / *period;
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

std::filesystem::path under(const std::filesystem::path& root, std::string_view absolute) {
  while (absolute.starts_with('/')) absolute.remove_prefix(1);
  return absolute.empty() ? root : root / absolute;
}

/// Our cgroup below the one mount that shows it, or the root of the first mount if none does: that
/// is what a container sees whose /proc/self/cgroup was written for the host's tree.
void append_chain(std::vector<directory>& out, const std::filesystem::path& root,
                  const std::vector<mount>& mounts, const membership& ours) {
  const mount* chosen = nullptr;
  std::filesystem::path here;
  for (const mount& candidate : mounts) {
    if (candidate.hierarchy != ours.hierarchy) continue;
    if (ours.hierarchy == version::v1 && !controls_cpu(candidate.controllers)) continue;
    const auto top = under(root, candidate.point);
    if (!is_there(top)) continue;
    const auto below = path_below(candidate, ours.path);
    if (below && is_there(under(top, *below))) {
      chosen = &candidate;
      here = under(top, *below);
      break;
    }
    if (chosen == nullptr) {
      chosen = &candidate;
      here = top;
    }
  }
  if (chosen == nullptr) return;
  const auto top = under(root, chosen->point);
  for (;; here = here.parent_path()) {
    out.push_back({ours.hierarchy, here});
    if (here == top || here == here.root_path()) return;
  }
}

}  // namespace

std::vector<membership> parse_memberships(std::string_view text) {
  std::vector<membership> found;
  while (!text.empty()) {
    std::string_view line = next_field(text, '\n');
    const std::string_view id = next_field(line, ':');
    const std::string_view controllers = next_field(line, ':');
    if (line.empty() || !number<unsigned>(id)) continue;
    // Version 2 is the one line "0::/path"; a path may hold colons, so it is all that is left.
    const auto hierarchy = id == "0" && controllers.empty() ? version::v2 : version::v1;
    found.push_back({hierarchy, split(controllers), std::string(line)});
  }
  return found;
}

std::vector<mount> parse_mounts(std::string_view text) {
  // 31 23 0:28 ROOT POINT rw,relatime shared:7 - TYPE SOURCE OPTIONS; there may be no "shared:7".
  std::vector<mount> found;
  while (!text.empty()) {
    std::string_view line = next_field(text, '\n');
    for (int skipped = 0; skipped < 3; ++skipped) next_word(line);
    const std::string_view root = next_word(line);
    const std::string_view point = next_word(line);
    for (std::string_view word = next_word(line); !word.empty() && word != "-";) {
      word = next_word(line);
    }
    const std::string_view type = next_word(line);
    next_word(line);
    const std::string_view options = next_word(line);
    if (type == "cgroup2") {
      found.push_back({version::v2, {}, unescaped(root), unescaped(point)});
    } else if (type == "cgroup") {
      found.push_back({version::v1, split(options), unescaped(root), unescaped(point)});
    }
  }
  return found;
}

std::optional<std::string> path_below(const mount& where, std::string_view path) {
  // "/../x": we are outside of our cgroup namespace, and the mount cannot show us.
  if (path.find("/..") != std::string_view::npos) return std::nullopt;
  std::string_view root = where.root;
  if (root == "/") root = {};
  if (!path.starts_with(root)) return std::nullopt;
  path.remove_prefix(root.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;  // "/ab" is not below "/a"
  if (path == "/") path = {};
  return std::string(path);
}

std::optional<double> parse_cpu_max(std::string_view text) {
  text = proc_text::trimmed(text);
  const std::string_view quota = next_word(text);
  return ratio(number<double>(quota), number<double>(text));
}

std::optional<double> parse_cfs_quota(std::string_view quota, std::string_view period) {
  return ratio(number<double>(quota), number<double>(period));
}

std::optional<throttling> parse_cpu_stat(std::string_view text) {
  const auto periods = proc_text::count_of(text, "nr_periods");
  const auto throttled = proc_text::count_of(text, "nr_throttled");
  if (!periods || !throttled) return std::nullopt;
  throttling result{*periods, *throttled, {}};
  if (const auto us = proc_text::count_of(text, "throttled_usec")) {  // version 2
    result.throttled_time = std::chrono::microseconds(*us);
  } else if (const auto ns = proc_text::count_of(text, "throttled_time")) {  // version 1
    result.throttled_time = std::chrono::nanoseconds(*ns);
  } else {
    return std::nullopt;
  }
  return result;
}

std::vector<directory> cpu_directories(const std::filesystem::path& root) {
  const auto groups = read_file(root / "proc/self/cgroup");
  const auto mounted = read_file(root / "proc/self/mountinfo");
  std::vector<directory> found;
  if (!groups || !mounted) return found;
  const auto mounts = parse_mounts(*mounted);
  for (const membership& ours : parse_memberships(*groups)) {
    if (ours.hierarchy == version::v2 || controls_cpu(ours.controllers)) {
      append_chain(found, root, mounts, ours);
    }
  }
  return found;
}

std::optional<quota> tightest_quota(const std::vector<directory>& directories) {
  std::optional<quota> tightest;
  for (const directory& where : directories) {
    const bool v2 = where.hierarchy == version::v2;
    const auto file = where.path / (v2 ? "cpu.max" : "cpu.cfs_quota_us");
    const auto text = read_file(file);
    if (!text) continue;  // the root of version 2 has none
    const auto period = v2 ? std::nullopt : read_file(where.path / "cpu.cfs_period_us");
    const auto cpus = v2 ? parse_cpu_max(*text) : parse_cfs_quota(*text, period.value_or(""));
    if (cpus && (!tightest || *cpus < tightest->cpus)) tightest = quota{*cpus, where, file};
  }
  return tightest;
}

}  // namespace regatta::cgroup
