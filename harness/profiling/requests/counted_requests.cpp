// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/requests/counted_requests.hpp"

#include <cmath>

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;

nanoseconds times(nanoseconds time, double factor) {
  return nanoseconds(std::llround(static_cast<double>(time.count()) * factor));
}

// In the same proportions; the sum is exact.
void scale_counts(std::vector<request_class>& classes, std::uint64_t from, std::uint64_t to) {
  std::uint64_t before = 0, given = 0;
  for (request_class& each : classes) {
    before += each.count;
    const double until = static_cast<double>(before) / static_cast<double>(from);
    const auto reached = static_cast<std::uint64_t>(std::llround(until * static_cast<double>(to)));
    each.count = reached - given;
    given = reached;
  }
}

}  // namespace

void add_counted(request_profile& profile, std::uint64_t requests, nanoseconds cpu) {
  if (requests == 0) return;
  profile.counted = requests;
  if (profile.followed == 0) return;
  scale_counts(profile.classes, profile.followed, profile.answered());
  const double answered = static_cast<double>(profile.answered());
  const double more = answered / static_cast<double>(profile.followed);
  profile.pool.concurrency_mean *= more;
  const nanoseconds rest = profile.cpu - cpu;  // of those that were followed
  if (rest <= nanoseconds(0)) return;
  const double whole = static_cast<double>(profile.cpu.count()) / static_cast<double>(rest.count());
  profile.unowned_cpu = times(profile.unowned_cpu, whole);
  for (request_class& each : profile.classes) {
    each.cpu_scale = whole / more;
    each.cpu_elsewhere = times(each.cpu_elsewhere, each.cpu_scale);
  }
}

}  // namespace regatta::profiling
