// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/loop_timeline.hpp"

#include <algorithm>

namespace regatta::profiling {
namespace {

using std::chrono::nanoseconds;

// What came to it since the last look; the last look's value is brought up to date.
template <class Value>
Value gained(Value& last, Value now) {
  const Value before = last;
  last = std::max(last, now);
  return last - before;
}

}  // namespace

void loop_timelines::note(nanoseconds now, const std::map<loop_identity, loop_counters>& loops) {
  if (now <= last_) return;
  bool full = false;
  for (const auto& [identity, counters] : loops) {
    course& known = loops_[identity];
    loop_interval interval{.begin = last_ - began_, .length = now - last_};
    if (counters.iterations) {
      if (!known.last.iterations) known.last.iterations = 0;
      interval.iterations = gained(*known.last.iterations, *counters.iterations);
    }
    interval.waiting = gained(known.last.waiting, counters.waiting);
    interval.working = gained(known.last.working, counters.working);
    known.intervals.push_back(interval);
    full = full || known.intervals.size() > most_;
  }
  last_ = now;
  if (full) merge_neighbours();
}

void loop_timelines::merge_neighbours() {
  step_ *= 2;
  for (auto& [identity, known] : loops_) {
    std::vector<loop_interval> merged;
    bool paired = true;
    for (const loop_interval& each : known.intervals) {
      paired = !paired;
      if (!paired) {
        merged.push_back(each);
        continue;
      }
      loop_interval& before = merged.back();
      before.length = each.begin + each.length - before.begin;
      before.waiting += each.waiting;
      before.working += each.working;
      if (each.iterations) before.iterations = before.iterations.value_or(0) + *each.iterations;
    }
    known.intervals = std::move(merged);
  }
}

std::vector<loop_interval> loop_timelines::of(const loop_identity& loop) const {
  const auto found = loops_.find(loop);
  return found == loops_.end() ? std::vector<loop_interval>() : found->second.intervals;
}

}  // namespace regatta::profiling
