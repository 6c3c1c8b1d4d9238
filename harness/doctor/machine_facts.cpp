// SPDX-License-Identifier: Apache-2.0
#include "harness/doctor/machine_facts.hpp"

#include <charconv>
#include <limits>
#include <set>
#include <system_error>

#include "harness/platform/cpu_list.hpp"
#include "harness/platform/proc_text.hpp"

namespace regatta::doctor {
namespace {

using proc_text::next_word;
using proc_text::number;
using proc_text::read_file;
using proc_text::trimmed;

constexpr const char* all_cpus = "sys/devices/system/cpu";

std::optional<std::string> line_of(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  return std::string(trimmed(*text));
}

std::filesystem::path cpu_folder(const std::filesystem::path& root, int cpu) {
  return root / all_cpus / ("cpu" + std::to_string(cpu));
}

void read_frequency(const std::filesystem::path& root, const std::vector<int>& usable,
                    machine_facts& into) {
  for (const int cpu : usable) {
    if (const auto name = line_of(cpu_folder(root, cpu) / "cpufreq/scaling_governor")) {
      ++into.governors[*name];
    }
  }
  // Intel's driver says whether it is off, the others whether it is on.
  const std::filesystem::path cpus = root / all_cpus;
  if (const auto no_turbo = line_of(cpus / "intel_pstate/no_turbo")) {
    into.turbo = *no_turbo == "0";
    into.turbo_off = "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo";
  } else if (const auto boost = line_of(cpus / "cpufreq/boost")) {
    into.turbo = *boost == "1";
    into.turbo_off = "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost";
  }
}

std::vector<std::vector<int>> read_cores(const std::filesystem::path& root,
                                         const std::vector<int>& usable) {
  const std::set<int> ours(usable.begin(), usable.end());
  std::set<int> placed;
  std::vector<std::vector<int>> cores;
  for (const int cpu : ours) {
    const auto text = read_file(cpu_folder(root, cpu) / "topology/thread_siblings_list");
    if (!text) return {};
    if (placed.count(cpu) != 0) continue;
    auto& core = cores.emplace_back();
    for (const int sibling : parse_cpu_list(*text)) {
      if (ours.count(sibling) != 0 && placed.insert(sibling).second) core.push_back(sibling);
    }
  }
  return cores;
}

void read_memory(const std::filesystem::path& root, machine_facts& into) {
  const auto text = read_file(root / "proc/meminfo");
  if (!text) return;
  const auto total = proc_text::count_of(*text, "SwapTotal");
  const auto free = proc_text::count_of(*text, "SwapFree");
  if (!total || !free) return;
  into.swap_total_bytes = *total * 1024;
  into.swap_used_bytes = (*total - std::min(*total, *free)) * 1024;
}

std::optional<double> read_pressure(const std::filesystem::path& file) {
  const auto text = read_file(file);
  return text ? parse_pressure(*text) : std::nullopt;
}

}  // namespace

std::optional<double> parse_pressure(std::string_view text) {
  // some avg10=24.09 avg60=27.78 avg300=14.10 total=2335084192
  auto line = proc_text::value_of(text, "some");
  if (!line) return std::nullopt;
  std::string_view word = next_word(*line);
  constexpr std::string_view name = "avg10=";
  if (!word.starts_with(name)) return std::nullopt;
  const auto percent = number<double>(word.substr(name.size()));
  if (!percent) return std::nullopt;
  return *percent / 100;
}

std::optional<std::string> parse_choice(std::string_view text) {
  const auto open = text.find('[');
  const auto close = text.find(']', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(open + 1, close - open - 1));
}

std::optional<std::uint64_t> parse_open_files(std::string_view limits) {
  auto line = proc_text::value_of(limits, "Max open files");
  if (!line) return std::nullopt;
  next_word(*line);  // the soft one, which a process may raise itself
  const std::string_view hard = next_word(*line);
  if (hard == "unlimited") return std::numeric_limits<std::uint64_t>::max();
  return number<std::uint64_t>(hard);
}

std::optional<bool> parse_fixed_layout(std::string_view personality) {
  constexpr unsigned addr_no_randomize = 0x0040000;
  const std::string_view digits = trimmed(personality);
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return (value & addr_no_randomize) != 0;
}

machine_facts read_machine_facts(const std::vector<int>& usable,
                                 const std::filesystem::path& root) {
  machine_facts facts;
  read_frequency(root, usable, facts);
  facts.cores = read_cores(root, usable);
  facts.clocksources =
      line_of(root / "sys/devices/system/clocksource/clocksource0/available_clocksource");
  read_memory(root, facts);
  if (const auto text = read_file(root / "sys/kernel/mm/transparent_hugepage/enabled")) {
    facts.huge_pages = parse_choice(*text);
  }
  facts.cpu_pressure = read_pressure(root / "proc/pressure/cpu");
  facts.memory_pressure = read_pressure(root / "proc/pressure/memory");
  facts.io_pressure = read_pressure(root / "proc/pressure/io");
  if (const auto text = read_file(root / "proc/sys/kernel/perf_event_paranoid")) {
    facts.perf_event_paranoid = number<int>(*text);
  }
  if (const auto text = read_file(root / "proc/self/limits")) {
    facts.open_files = parse_open_files(*text);
  }
  if (const auto text = read_file(root / "proc/self/personality")) {
    facts.fixed_layout = parse_fixed_layout(*text);
  }
  return facts;
}

}  // namespace regatta::doctor
