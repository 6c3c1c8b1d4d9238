// SPDX-License-Identifier: Apache-2.0
#include "harness/cell/measured_usage.hpp"

#include <unistd.h>

namespace regatta {
namespace {

constexpr const char* monitor_threads = "regatta-";  // regatta-watch, regatta-tell

}  // namespace

measured_usage measured_usage::now() {
  measured_usage usage{own_usage() + ended_children_usage()};
  for (const pid_t child : descendants_of(::getpid())) {
    if (const auto one = usage_of(child)) usage.total = usage.total + *one;
  }
  usage.total = usage.total - usage_of_own_threads(monitor_threads);
  return usage;
}

std::optional<usage_per_item> usage_total::per_item() const {
  if (items_ == 0) return std::nullopt;
  const auto n = static_cast<double>(items_);
  const auto seconds = [n](std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count() / n;
  };
  const auto share = [n](std::uint64_t count) { return static_cast<double>(count) / n; };
  return usage_per_item{.user_seconds = seconds(used_.user),
                        .system_seconds = seconds(used_.system),
                        .voluntary_switches = share(used_.voluntary_switches),
                        .involuntary_switches = share(used_.involuntary_switches),
                        .minor_faults = share(used_.minor_faults),
                        .major_faults = share(used_.major_faults)};
}

}  // namespace regatta
