// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/process_usage.hpp"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <system_error>

#include "harness/platform/proc_text.hpp"
#include "harness/platform/process_text.hpp"

namespace regatta {
namespace {

using std::chrono::nanoseconds;
namespace fs = std::filesystem;

nanoseconds duration(const timeval& t) {
  return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
}

process_usage usage(int who) {
  rusage r{};
  ::getrusage(who, &r);
  const auto count = [](long value) { return static_cast<std::uint64_t>(value); };
  return {duration(r.ru_utime), duration(r.ru_stime), count(r.ru_nvcsw),
          count(r.ru_nivcsw),   count(r.ru_minflt),   count(r.ru_majflt)};
}

std::optional<nanoseconds> read_clock(clockid_t clock) {
  timespec now{};
  if (::clock_gettime(clock, &now) != 0) return std::nullopt;
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

std::optional<nanoseconds> cpu_clock(pid_t pid) {
  clockid_t clock{};
  if (::clock_getcpuclockid(pid, &clock) != 0) return std::nullopt;
  return read_clock(clock);
}

// As the kernel's posix-timers.h builds it; pthread_getcpuclockid would want a pthread_t.
std::optional<nanoseconds> cpu_clock_of_thread(pid_t thread) {
  return read_clock(static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3U) | 6U));
}

fs::path directory_of(pid_t pid, const fs::path& proc = "/proc") {
  return proc / std::to_string(pid);
}

/// Calls visit(number, path) for every entry that is a number; entries may vanish meanwhile.
template <class Visit>
void for_each_numbered(const fs::path& directory, Visit visit) {
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (const auto id = proc_text::number<pid_t>(entry->path().filename().native())) {
      visit(*id, entry->path());
    }
  }
}

void add_switches(process_usage& usage, const fs::path& task) {
  const auto status = proc_text::read_file(task / "status");
  if (!status) return;
  const auto count = [&](const char* name) {
    return proc_text::count_of(*status, name).value_or(0);
  };
  usage.voluntary_switches += count("voluntary_ctxt_switches");
  usage.involuntary_switches += count("nonvoluntary_ctxt_switches");
}

/// Needs CONFIG_PROC_CHILDREN; nullopt without it, or when the process is gone.
std::optional<std::vector<pid_t>> listed_children(pid_t pid, const fs::path& proc) {
  std::vector<pid_t> children;
  bool listed = false;
  for_each_numbered(directory_of(pid, proc) / "task", [&](pid_t, const fs::path& task) {
    const auto text = proc_text::read_file(task / "children");
    if (!text) return;
    listed = true;
    std::string_view rest = *text;
    for (auto word = proc_text::next_word(rest); !word.empty(); word = proc_text::next_word(rest)) {
      if (const auto child = proc_text::number<pid_t>(word)) children.push_back(*child);
    }
  });
  if (!listed) return std::nullopt;
  return children;
}

std::multimap<pid_t, pid_t> scan_parents(const fs::path& proc) {
  std::multimap<pid_t, pid_t> children;
  for_each_numbered(proc, [&](pid_t pid, const fs::path& directory) {
    const auto text = proc_text::read_file(directory / "stat");
    if (!text) return;
    if (const auto stat = parse_process_stat(*text)) children.emplace(stat->parent, pid);
  });
  return children;
}

}  // namespace

process_usage operator+(const process_usage& a, const process_usage& b) {
  return {a.user + b.user,
          a.system + b.system,
          a.voluntary_switches + b.voluntary_switches,
          a.involuntary_switches + b.involuntary_switches,
          a.minor_faults + b.minor_faults,
          a.major_faults + b.major_faults};
}

process_usage operator-(const process_usage& later, const process_usage& earlier) {
  // The switches of usage_of fall when a thread ends; a count is never less than nothing.
  const auto grown = [](std::uint64_t to, std::uint64_t from) { return to > from ? to - from : 0; };
  return {later.user - earlier.user,
          later.system - earlier.system,
          grown(later.voluntary_switches, earlier.voluntary_switches),
          grown(later.involuntary_switches, earlier.involuntary_switches),
          grown(later.minor_faults, earlier.minor_faults),
          grown(later.major_faults, earlier.major_faults)};
}

process_usage own_usage() { return usage(RUSAGE_SELF); }
process_usage ended_children_usage() { return usage(RUSAGE_CHILDREN); }

process_usage usage_of_own_threads(std::string_view prefix) {
  process_usage sum;
  for_each_numbered("/proc/self/task", [&](pid_t thread, const fs::path& task) {
    const auto name = proc_text::read_file(task / "comm");
    if (!name || !std::string_view(*name).starts_with(prefix)) return;
    const auto text = proc_text::read_file(task / "stat");
    const auto stat = text ? parse_process_stat(*text) : std::nullopt;
    if (!stat) return;
    process_usage one = usage_from(*stat, ::sysconf(_SC_CLK_TCK), cpu_clock_of_thread(thread));
    add_switches(one, task);
    sum = sum + one;
  });
  return sum;
}

std::optional<process_usage> usage_of(pid_t pid) {
  const auto directory = directory_of(pid);
  const auto text = proc_text::read_file(directory / "stat");
  const auto stat = text ? parse_process_stat(*text) : std::nullopt;
  if (!stat) return std::nullopt;
  const auto clock = cpu_clock(pid);
  process_usage result = usage_from(*stat, ::sysconf(_SC_CLK_TCK), clock);
  for_each_numbered(directory / "task",
                    [&](pid_t, const fs::path& task) { add_switches(result, task); });
  return result;
}

std::optional<process_memory> memory_of(pid_t pid) {
  const auto directory = directory_of(pid);
  const auto status = proc_text::read_file(directory / "status");
  if (!status) return std::nullopt;
  return parse_process_memory(*status, proc_text::read_file(directory / "smaps_rollup"));
}

std::vector<pid_t> descendants_of(pid_t pid, const fs::path& proc) {
  std::vector<pid_t> found{pid};
  std::optional<std::multimap<pid_t, pid_t>> scanned;
  for (std::size_t next = 0; next < found.size(); ++next) {
    const pid_t parent = found[next];
    if (const auto children = scanned ? std::nullopt : listed_children(parent, proc)) {
      found.insert(found.end(), children->begin(), children->end());
      continue;
    }
    if (!scanned) scanned = scan_parents(proc);
    const auto [begin, end] = scanned->equal_range(parent);
    for (auto child = begin; child != end; ++child) {
      // A reused id could close a circle between two reads of /proc.
      if (std::find(found.begin(), found.end(), child->second) == found.end()) {
        found.push_back(child->second);
      }
    }
  }
  found.erase(found.begin());
  return found;
}

}  // namespace regatta
