// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/loop_profiles.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "harness/profiling/stretch_ledger.hpp"

namespace regatta::profiling {

using std::chrono::nanoseconds;

loop_profile counted_loop(const watched_process& process, const kernel_side::loop_slot& slot,
                          const std::set<pid_t>& threads) {
  const auto ns = [](std::uint64_t value) { return nanoseconds(static_cast<std::int64_t>(value)); };
  loop_profile loop;
  loop.key = to_string(process.identity(slot.kind, slot.key));
  loop.call = name_of_call(slot.call);
  loop.threads.assign(threads.begin(), threads.end());
  loop.iterations = slot.iterations;
  loop.waiting = ns(slot.waiting);
  loop.working = ns(slot.working);
  duration_histogram slices;
  for (std::size_t bucket = 0; bucket < kernel_side::bucket_count; ++bucket) {
    if (slot.slices[bucket] != 0) slices.add_bucket(bucket, slot.slices[bucket]);
  }
  slices.add_totals(ns(slot.working), ns(slot.longest));
  loop.slices = std::move(slices);
  loop.stretches = process.teller().stretches().of(loop.key);
  return loop;
}

void add_waiting_loops(const watched_process& process, profile_result& result,
                       std::set<pid_t>& loop_threads) {
  for (const auto& [seen, times] : process.seen_loops()) {
    const std::string key = to_string(process.identity(seen.kind, seen.key));
    const bool known = std::any_of(result.loops.begin(), result.loops.end(),
                                   [&](const loop_profile& loop) { return loop.key == key; });
    if (known || times.threads.empty()) continue;
    loop_profile loop;
    loop.key = key;
    loop.call = times.call;
    loop.threads.assign(times.threads.begin(), times.threads.end());
    loop.iterations = 0;
    loop.waiting = times.waiting;
    loop.working = times.working;
    loop_threads.insert(times.threads.begin(), times.threads.end());
    result.loops.push_back(std::move(loop));
  }
}

}  // namespace regatta::profiling
