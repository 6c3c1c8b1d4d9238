// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/child_processes.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "harness/platform/proc_text.hpp"

namespace regatta::profiling {
namespace {

// The fourth field of stat; the second one, a name, may hold blanks and parentheses.
std::optional<pid_t> parent_of(pid_t process) {
  const auto text = proc_text::read_file(fmt::format("/proc/{}/stat", process));
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  const std::size_t end = rest.rfind(')');
  if (end == rest.npos) return std::nullopt;
  rest.remove_prefix(end + 1);
  proc_text::next_word(rest);
  return proc_text::number<pid_t>(proc_text::next_word(rest));
}

}  // namespace

std::vector<pid_t> descendants_in(const std::map<pid_t, pid_t>& parents, pid_t process) {
  std::vector<pid_t> found{process};
  for (std::size_t at = 0; at < found.size(); ++at) {
    for (const auto& [child, parent] : parents) {
      if (parent == found[at] && child != parent) found.push_back(child);
    }
  }
  found.erase(found.begin());
  return found;
}

std::vector<pid_t> descendants_of(pid_t process) {
  std::map<pid_t, pid_t> parents;
  std::error_code problem;
  std::filesystem::directory_iterator entries("/proc", problem);
  for (; !problem && entries != std::filesystem::directory_iterator(); entries.increment(problem)) {
    const auto pid = proc_text::number<pid_t>(entries->path().filename().string());
    if (!pid) continue;
    if (const auto parent = parent_of(*pid)) parents.emplace(*pid, *parent);
  }
  return descendants_in(parents, process);
}

}  // namespace regatta::profiling
