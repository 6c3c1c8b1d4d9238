// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/requests/classify_service.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace regatta::profiling {
namespace {

constexpr double cpu_bound_from = 0.7, io_bound_to = 0.3;
constexpr std::uint64_t least_requests = 30;
constexpr double most_unfollowed = 0.5;
constexpr double own_crowd_from = 0.7;  // of the CPUs: its threads are in each other's way

std::string milliseconds(double nanoseconds) {
  if (nanoseconds < 1) return "0 ms";
  return nanoseconds < 1e6 ? fmt::format("{:.3g} µs", nanoseconds / 1e3)
                           : fmt::format("{:.3g} ms", nanoseconds / 1e6);
}

// Means of a request, ns.
struct request_needs {
  double cpu = 0, upstream = 0, disk = 0, sleep = 0, other = 0;
  double doubtful = 0;  // its loop was busy: it may have waited for a timer, or for its loop

  double waits() const { return upstream + disk + sleep + other; }
};

request_needs needs_of(const request_profile& profile) {
  request_needs needs;
  for (const request_class& each : profile.classes) {
    const double weight = static_cast<double>(each.count) /
                          static_cast<double>(std::max<std::uint64_t>(1, profile.answered()));
    const auto wait = [&](request_wait kind) {
      return weight * static_cast<double>(each.waits[static_cast<std::size_t>(kind)].count());
    };
    needs.cpu += weight * static_cast<double>(each.cpu_mean().count());
    needs.upstream += wait(request_wait::upstream);
    needs.disk += wait(request_wait::disk);
    needs.sleep += wait(request_wait::sleep);
    needs.other += wait(request_wait::other);
    if (!each.gap_is_known) needs.doubtful += wait(request_wait::loop_lag);
  }
  return needs;
}

std::string longest_wait(const request_needs& needs) {
  const std::pair<double, const char*> waits[] = {{needs.upstream, "for upstreams"},
                                                  {needs.disk, "for disks"},
                                                  {needs.sleep, "for timers"},
                                                  {needs.other, "for other things"}};
  return std::max_element(std::begin(waits), std::end(waits))->second;
}

service_kind kind_of(double share) {
  if (share >= cpu_bound_from) return service_kind::cpu_bound;
  return share <= io_bound_to ? service_kind::io_bound : service_kind::mixed;
}

}  // namespace

service_classification classify_service(const request_profile& profile, unsigned cpus) {
  service_classification result;
  const auto known = static_cast<double>(profile.answered());
  const auto unknown = static_cast<double>(profile.unfollowed);
  if (profile.answered() == 0 && profile.unfollowed == 0 && profile.in_flight_at_end == 0) {
    result.kind = service_kind::idle;
    result.why = "No request was answered while it was watched.";
    return result;
  }
  if (unknown > most_unfollowed * (known + unknown)) {
    result.why = fmt::format("{} of {} requests could not be followed.", profile.unfollowed,
                             profile.answered() + profile.unfollowed);
    result.missing = "most of the requests";
    return result;
  }
  if (profile.followed < least_requests) {
    result.why =
        fmt::format("{} requests are too few to tell what they have in common.", profile.followed);
    result.missing = fmt::format("{} requests more: watch for longer, or under load",
                                 least_requests - profile.followed);
    return result;
  }
  const request_needs needs = needs_of(profile);
  if (needs.cpu <= 0) {
    result.why = "The CPU time of its requests is not known.";
    result.missing = "the CPU time of its threads";
    return result;
  }
  const double share = needs.cpu / (needs.cpu + needs.waits());
  result.cpu_share = share;
  result.least_cpu_share = needs.cpu / (needs.cpu + needs.waits() + needs.doubtful);
  result.most_cpu_share = share;
  result.kind = kind_of(share);

  const double window = static_cast<double>(profile.window.count());
  const double used = static_cast<double>(profile.cpu.count());
  const double queued = static_cast<double>(profile.run_queue.count()) / known;
  if (queued > needs.cpu + needs.waits() && used < own_crowd_from * window * std::max(1U, cpus)) {
    result.kind = service_kind::starved;
    result.why = fmt::format(
        "A request waits {} for a CPU that others use; by itself it takes {} of CPU and waits {}.",
        milliseconds(queued), milliseconds(needs.cpu), milliseconds(needs.waits()));
    return result;
  }
  if (result.kind != service_kind::cpu_bound && kind_of(*result.least_cpu_share) != result.kind) {
    result.kind = service_kind::insufficient_evidence;
    result.cpu_share.reset();
    result.why = fmt::format(
        "Its loop was busy all the time, so that timers cannot be told from queueing: a request "
        "takes {} of CPU, which is between {:.0f} and {:.0f} % of its own time.",
        milliseconds(needs.cpu), 100 * *result.least_cpu_share, 100 * share);
    result.missing = "requests that find the loop idle: watch it under less load";
    return result;
  }
  result.why =
      fmt::format("A request takes {} of CPU and waits {} ({}), queues left out: {:.0f} % CPU.",
                  milliseconds(needs.cpu), milliseconds(needs.waits()),
                  needs.waits() > 0 ? "most " + longest_wait(needs) : "never", 100 * share);
  return result;
}

}  // namespace regatta::profiling
