// SPDX-License-Identifier: Apache-2.0
#include "harness/environment.hpp"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include "harness/platform/proc_text.hpp"

#ifndef REGATTA_BUILD_TYPE
#define REGATTA_BUILD_TYPE "unknown"
#endif
#ifndef REGATTA_GIT_REVISION
#define REGATTA_GIT_REVISION "unknown"
#endif

// g++ 12 says it with macros, clang 14 with a feature test.
#if defined(__has_feature)
#define REGATTA_HAS_FEATURE(feature) __has_feature(feature)
#else
#define REGATTA_HAS_FEATURE(feature) 0
#endif

namespace regatta {
namespace {

using proc_text::read_file;

std::string compiler_name() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#elif defined(__GNUC__)
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#else
  return "unknown";
#endif
}

constexpr const char* sanitizer_name() {
#if defined(__SANITIZE_THREAD__) || REGATTA_HAS_FEATURE(thread_sanitizer)
  return "thread";
#elif defined(__SANITIZE_ADDRESS__) || REGATTA_HAS_FEATURE(address_sanitizer)
  return "address";
#else
  return "none";
#endif
}

constexpr bool is_optimized() {
#if defined(__OPTIMIZE__)
  return true;
#else
  return false;
#endif
}

std::optional<std::string> line_of(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  return std::string(proc_text::trimmed(*text));
}

std::optional<std::uint64_t> bytes_of(const std::optional<std::string>& meminfo, const char* name) {
  const auto kib = meminfo ? proc_text::count_of(*meminfo, name) : std::nullopt;
  if (!kib) return std::nullopt;
  return *kib * 1024;
}

std::optional<std::array<double, 3>> read_load(const std::filesystem::path& root) {
  const auto text = read_file(root / "proc/loadavg");
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  std::array<double, 3> load{};
  for (double& average : load) {
    const auto value = proc_text::number<double>(proc_text::next_word(rest));
    if (!value) return std::nullopt;
    average = *value;
  }
  return load;
}

void read_cpuinfo(const std::filesystem::path& root, environment& into) {
  into.cpu_model = "unknown";
  const auto text = read_file(root / "proc/cpuinfo");
  if (!text) return;
  if (const auto model = proc_text::value_of(*text, "model name")) into.cpu_model = *model;
  if (auto flags = proc_text::value_of(*text, "flags")) {
    into.virtual_machine = false;
    for (auto flag = proc_text::next_word(*flags); !flag.empty();) {
      if (flag == "hypervisor") into.virtual_machine = true;
      flag = proc_text::next_word(*flags);
    }
  }
}

}  // namespace

cpu_ticks operator-(const cpu_ticks& later, const cpu_ticks& earlier) {
  // The kernel's idle and iowait counts are known to step back now and then (proc(5)).
  const auto grown = [](std::uint64_t to, std::uint64_t from) { return to > from ? to - from : 0; };
  return {grown(later.total, earlier.total), grown(later.idle, earlier.idle),
          grown(later.steal, earlier.steal)};
}

std::optional<double> steal_fraction(const cpu_ticks& ticks) {
  if (ticks.total <= ticks.idle) return std::nullopt;
  return static_cast<double>(ticks.steal) / static_cast<double>(ticks.total - ticks.idle);
}

std::optional<cpu_ticks> parse_cpu_ticks(std::string_view stat) {
  auto line = proc_text::value_of(stat, "cpu");
  if (!line) return std::nullopt;
  // user nice system idle iowait irq softirq steal; guest time, which follows, is in user already.
  std::array<std::uint64_t, 8> ticks{};
  cpu_ticks sum;
  for (auto& value : ticks) {
    const auto read = proc_text::number<std::uint64_t>(proc_text::next_word(*line));
    if (!read) return std::nullopt;
    value = *read;
    sum.total += value;
  }
  sum.idle = ticks[3] + ticks[4];
  sum.steal = ticks[7];
  return sum;
}

std::optional<cpu_ticks> read_steal(const std::filesystem::path& root) {
  const auto text = read_file(root / "proc/stat");
  return text ? parse_cpu_ticks(*text) : std::nullopt;
}

build_info this_build() {
  return {.compiler = compiler_name(),
          .type = REGATTA_BUILD_TYPE,
          .revision = REGATTA_GIT_REVISION,
          .sanitizer = sanitizer_name(),
          .optimized = is_optimized()};
}

environment read_environment(const std::filesystem::path& root) {
  environment now;
  now.started_at = iso8601_utc(std::chrono::system_clock::now());
  now.hostname = line_of(root / "proc/sys/kernel/hostname").value_or("unknown");
  now.kernel = line_of(root / "proc/sys/kernel/osrelease").value_or("unknown");
  read_cpuinfo(root, now);
  now.cpus = read_cpu_limits(root);
  now.throttled = read_throttling(root);
  if (const auto ticks = read_steal(root)) now.stolen = steal_fraction(*ticks);
  now.load_average = read_load(root);
  const auto meminfo = read_file(root / "proc/meminfo");
  now.memory_total_bytes = bytes_of(meminfo, "MemTotal");
  now.memory_available_bytes = bytes_of(meminfo, "MemAvailable");
  const auto devices = root / "sys/devices/system";
  now.scaling_governor = line_of(devices / "cpu/cpu0/cpufreq/scaling_governor");
  now.clocksource = line_of(devices / "clocksource/clocksource0/current_clocksource");
  const auto aslr = line_of(root / "proc/sys/kernel/randomize_va_space");
  if (aslr) now.address_randomisation = proc_text::number<int>(*aslr);
  now.build = this_build();
  return now;
}

std::string iso8601_utc(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace regatta
