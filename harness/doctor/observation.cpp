// SPDX-License-Identifier: Apache-2.0
#include "harness/doctor/observation.hpp"

#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <system_error>
#include <thread>

#include "harness/platform/proc_text.hpp"
#include "harness/platform/process_text.hpp"

namespace regatta::doctor {
namespace {

using proc_text::read_file;
using std::chrono::steady_clock;

constexpr auto time_between_looks = std::chrono::milliseconds(100);

double ticks_per_second() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

void read_processes(machine_snapshot& into, pid_t self, const std::filesystem::path& proc) {
  std::error_code error;  // an unreadable /proc has no processes
  for (std::filesystem::directory_iterator entry(proc, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto pid = proc_text::number<pid_t>(entry->path().filename().string());
    if (!pid || *pid == self) continue;
    const auto stat = read_file(entry->path() / "stat");
    const auto parsed = stat ? parse_process_stat(*stat) : std::nullopt;
    if (!parsed) continue;  // it has just ended
    const auto name = read_file(entry->path() / "comm").value_or("?");
    into.processes[*pid] = {std::string(proc_text::trimmed(name)),
                            parsed->user_ticks + parsed->system_ticks};
  }
}

std::vector<busy_process> busiest_between(const machine_snapshot& before,
                                          const machine_snapshot& after, double seconds) {
  constexpr std::size_t most = 3;
  std::vector<busy_process> busy;
  for (const auto& [pid, now] : after.processes) {
    const auto then = before.processes.find(pid);
    // Born meanwhile: all its time is of this interval.
    const std::uint64_t already = then == before.processes.end() ? 0 : then->second.ticks;
    if (now.ticks <= already) continue;
    const double cpus = static_cast<double>(now.ticks - already) / ticks_per_second() / seconds;
    if (cpus > 0.05) busy.push_back({pid, now.name, cpus});
  }
  std::sort(busy.begin(), busy.end(), [](const auto& a, const auto& b) { return a.cpus > b.cpus; });
  if (busy.size() > most) busy.resize(most);
  return busy;
}

}  // namespace

std::optional<unsigned> tasks_runnable(std::string_view stat) {
  const auto running = proc_text::count_of(stat, "procs_running");
  if (!running) return std::nullopt;
  return *running > 0 ? static_cast<unsigned>(*running - 1) : 0;
}

std::optional<std::uint64_t> parse_swapped(std::string_view vmstat) {
  const auto in = proc_text::count_of(vmstat, "pswpin");
  const auto out = proc_text::count_of(vmstat, "pswpout");
  if (!in || !out) return std::nullopt;
  return *in + *out;
}

machine_snapshot take_snapshot(pid_t self, const std::filesystem::path& root) {
  machine_snapshot taken;
  taken.at = steady_clock::now();
  taken.ticks = read_steal(root);
  if (const auto text = read_file(root / "proc/vmstat")) taken.pages_swapped = parse_swapped(*text);
  read_processes(taken, self, root / "proc");
  return taken;
}

observation between(const machine_snapshot& before, const machine_snapshot& after,
                    const std::vector<unsigned>& runnable) {
  observation seen;
  seen.seconds = std::chrono::duration<double>(after.at - before.at).count();
  if (!(seen.seconds > 0)) return seen;
  if (before.ticks && after.ticks) {
    const cpu_ticks ticks = *after.ticks - *before.ticks;
    seen.busy_cpus =
        static_cast<double>(ticks.total - ticks.idle) / ticks_per_second() / seen.seconds;
  }
  if (before.pages_swapped && after.pages_swapped &&
      *after.pages_swapped >= *before.pages_swapped) {
    seen.pages_swapped = *after.pages_swapped - *before.pages_swapped;
  }
  if (!runnable.empty()) {
    seen.runnable = std::accumulate(runnable.begin(), runnable.end(), 0.0) /
                    static_cast<double>(runnable.size());
  }
  seen.busiest = busiest_between(before, after, seen.seconds);
  return seen;
}

observation observe(std::chrono::milliseconds duration, const std::function<bool()>& stop) {
  const auto before = take_snapshot(::getpid());
  const auto end = before.at + duration;
  std::vector<unsigned> runnable;
  while (steady_clock::now() < end && !stop()) {
    std::this_thread::sleep_for(time_between_looks);
    const auto stat = read_file("/proc/stat");
    if (const auto tasks = stat ? tasks_runnable(*stat) : std::nullopt) runnable.push_back(*tasks);
  }
  return between(before, take_snapshot(::getpid()), runnable);
}

}  // namespace regatta::doctor
