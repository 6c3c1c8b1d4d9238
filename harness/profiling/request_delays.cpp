// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/request_delays.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace regatta::profiling {
namespace {

using http_load::timed_request;
using std::chrono::nanoseconds;

constexpr std::int64_t most_intervals = 400;
constexpr nanoseconds least_interval = std::chrono::milliseconds(25);

// In the order they were due, by the profile's time.
std::vector<timed_request> take_requests(driven_load& driven) {
  auto requests = std::exchange(driven.load.requests, {});
  for (timed_request& each : requests) each.due += driven.begin;
  std::sort(requests.begin(), requests.end(),
            [](const auto& a, const auto& b) { return a.due < b.due; });
  return requests;
}

void charge(blocked_stretch& stretch, const std::vector<timed_request>& requests,
            std::vector<bool>& inside) {
  const nanoseconds end = stretch.begin + stretch.duration;
  if (stretch.begin > requests.back().due || end <= requests.front().due) return;
  stretch_cost& cost = stretch.cost.emplace();
  const auto first = std::lower_bound(
      requests.begin(), requests.end(), stretch.begin,
      [](const timed_request& request, nanoseconds time) { return request.due < time; });
  for (auto each = first; each != requests.end() && each->due < end; ++each) {
    ++cost.due;
    inside[static_cast<std::size_t>(each - requests.begin())] = true;
    if (each->answered && each->due + each->latency < end) continue;
    ++cost.held;
    cost.delay += end - each->due;
  }
}

std::vector<load_interval> timeline_of(const std::vector<timed_request>& requests) {
  const nanoseconds begin = requests.front().due;
  const nanoseconds whole = requests.back().due - begin + nanoseconds(1);
  const nanoseconds step = std::max(least_interval, whole / most_intervals + nanoseconds(1));
  std::vector<load_interval> timeline(static_cast<std::size_t>((whole - nanoseconds(1)) / step) +
                                      1);
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    timeline[i].begin = begin + static_cast<std::int64_t>(i) * step;
    timeline[i].length = step;
  }
  for (const timed_request& each : requests) {
    load_interval& interval = timeline[static_cast<std::size_t>((each.due - begin) / step)];
    ++interval.requests;
    interval.longest = std::max(interval.longest, each.latency);
  }
  return timeline;
}

}  // namespace

void put_beside(profile_result& profile, http_load::load_result load, nanoseconds zero) {
  driven_load& driven = profile.driven.emplace();
  driven.load = std::move(load);
  driven.begin = driven.load.began - zero;
  const auto requests = take_requests(driven);
  if (requests.empty()) return;
  std::vector<bool> inside(requests.size());
  for (loop_profile& loop : profile.loops) {
    for (blocked_stretch& stretch : loop.stretches) charge(stretch, requests, inside);
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    (inside[i] ? driven.in_stretches : driven.elsewhere).add(requests[i].latency);
  }
  driven.timeline = timeline_of(requests);
}

}  // namespace regatta::profiling
