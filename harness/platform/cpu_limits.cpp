// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/cpu_limits.hpp"

#include <algorithm>
#include <cmath>

#include "harness/platform/affinity.hpp"
#include "harness/platform/cgroup.hpp"
#include "harness/platform/cpu_list.hpp"
#include "harness/platform/proc_text.hpp"

namespace regatta {

unsigned usable_cpus(std::size_t affinity, std::optional<double> quota_cpus) {
  double usable = static_cast<double>(affinity);
  if (quota_cpus) usable = std::min(usable, std::floor(*quota_cpus));
  return std::max(1U, static_cast<unsigned>(usable));
}

cpu_limits read_cpu_limits(const std::filesystem::path& root) {
  cpu_limits limits;
  limits.affinity = current_affinity();
  if (const auto online = proc_text::read_file(root / "sys/devices/system/cpu/online")) {
    limits.visible = static_cast<unsigned>(parse_cpu_list(*online).size());
  }
  if (limits.visible == 0) limits.visible = static_cast<unsigned>(limits.affinity.size());
  limits.quota_source = "none";
  if (const auto quota = cgroup::tightest_quota(cgroup::cpu_directories(root))) {
    limits.quota_cpus = quota->cpus;
    limits.quota_source = quota->file.string();
  }
  limits.usable = usable_cpus(limits.affinity.size(), limits.quota_cpus);
  return limits;
}

throttling operator-(const throttling& later, const throttling& earlier) {
  return {later.periods - earlier.periods, later.throttled_periods - earlier.throttled_periods,
          later.throttled_time - earlier.throttled_time};
}

std::optional<throttling> read_throttling(const std::filesystem::path& root) {
  auto directories = cgroup::cpu_directories(root);
  if (const auto quota = cgroup::tightest_quota(directories)) directories = {quota->where};
  for (const auto& where : directories) {
    const auto text = proc_text::read_file(where.path / "cpu.stat");
    if (!text) continue;
    if (const auto stat = cgroup::parse_cpu_stat(*text)) return stat;
  }
  return std::nullopt;
}

}  // namespace regatta
