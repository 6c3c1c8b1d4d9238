// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/sampled_loops.hpp"

#include <chrono>
#include <utility>

namespace regatta::profiling {

using std::chrono::nanoseconds;

std::map<loop_identity, loop_counters> sampled_counters(const sample_judge& judge) {
  std::map<loop_identity, loop_counters> counters;
  for (const auto& [loop, times] : judge.loops()) {
    counters[loop] = {.iterations = {}, .waiting = times.waiting, .working = times.working};
  }
  return counters;
}

void add_sampled_loops(const sample_judge& judge, const stretch_teller& teller,
                       const loop_timelines& timelines, profile_result& result,
                       std::set<pid_t>& loop_threads) {
  for (const auto& [loop, times] : judge.loops()) {
    if (times.threads.empty() && times.waiting == nanoseconds::zero()) continue;
    loop_profile profile;
    profile.key = to_string(loop);
    profile.call = times.call;
    profile.threads.assign(times.threads.begin(), times.threads.end());
    profile.waiting = times.waiting;
    profile.working = times.working;
    const nanoseconds whole = times.waiting + times.working;
    if (whole > nanoseconds::zero()) {
      profile.saturated =
          static_cast<double>(times.saturated.count()) / static_cast<double>(whole.count());
    }
    profile.stretches = teller.stretches().of(profile.key);
    profile.timeline = timelines.of(loop);
    loop_threads.insert(times.threads.begin(), times.threads.end());
    result.loops.push_back(std::move(profile));
  }
}

}  // namespace regatta::profiling
