// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/process_text.hpp"

#include <array>
#include <cmath>

#include "harness/platform/proc_text.hpp"

namespace regatta {

using std::chrono::nanoseconds;

std::optional<process_stat> parse_process_stat(std::string_view text) {
  // "71 (a name) with (brackets)) S 1 ...": the name ends at the last bracket.
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text = proc_text::trimmed(text.substr(name_end + 1));
  std::array<std::string_view, 13> field;  // field[0] is number 3 of proc(5), the state
  for (auto& word : field) word = proc_text::next_word(text);
  const auto parent = proc_text::number<pid_t>(field[4 - 3]);
  const auto minor = proc_text::number<std::uint64_t>(field[10 - 3]);
  const auto major = proc_text::number<std::uint64_t>(field[12 - 3]);
  const auto user = proc_text::number<std::uint64_t>(field[14 - 3]);
  const auto system = proc_text::number<std::uint64_t>(field[15 - 3]);
  if (!parent || !minor || !major || !user || !system) return std::nullopt;
  return process_stat{*parent, *minor, *major, *user, *system};
}

process_usage usage_from(const process_stat& stat, long ticks_per_second,
                         std::optional<nanoseconds> clock) {
  const auto tick = nanoseconds(std::chrono::seconds(1)) / ticks_per_second;
  process_usage result;
  result.user = tick * static_cast<nanoseconds::rep>(stat.user_ticks);
  result.system = tick * static_cast<nanoseconds::rep>(stat.system_ticks);
  if (clock) {
    const auto ticked = result.cpu();
    if (ticked.count() > 0) {
      const auto share =
          static_cast<double>(result.system.count()) / static_cast<double>(ticked.count());
      result.system = nanoseconds(std::llround(static_cast<double>(clock->count()) * share));
    }
    result.user = *clock - result.system;
  }
  result.minor_faults = stat.minor_faults;
  result.major_faults = stat.major_faults;
  return result;
}

std::optional<process_memory> parse_process_memory(std::string_view status,
                                                   const std::optional<std::string>& smaps_rollup) {
  constexpr std::uint64_t kib = 1024;
  const auto peak = proc_text::count_of(status, "VmHWM");
  const auto tables = proc_text::count_of(status, "VmPTE");
  const auto threads = proc_text::count_of(status, "Threads");
  if (!peak || !tables || !threads) return std::nullopt;
  process_memory memory;
  memory.peak_resident_bytes = *peak * kib;
  memory.page_table_bytes = *tables * kib;
  memory.threads = static_cast<unsigned>(*threads);
  memory.kernel_stack_bytes = *threads * 16 * kib;
  const auto pss = smaps_rollup ? proc_text::count_of(*smaps_rollup, "Pss") : std::nullopt;
  if (pss) memory.proportional_bytes = *pss * kib;
  return memory;
}

}  // namespace regatta
