// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/loop_profiles.hpp"

#include <fmt/format.h>

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

std::vector<std::string> describe(const loaded_programs::losses& lost) {
  std::vector<std::string> texts;
  const auto add = [&](std::uint64_t missing, std::size_t most, const char* of_what) {
    if (missing == 0) return;
    texts.push_back(fmt::format("More than {} {}: some were not watched.", most, of_what));
  };
  add(lost.threads, kernel_side::most_threads, "threads of loops at once");
  add(lost.loops, kernel_side::most_loops, "loops");
  add(lost.processes, kernel_side::most_processes, "processes");
  return texts;
}

std::vector<std::string> describe(const blind_spots& unseen) {
  std::vector<std::string> texts;
  if (unseen.uncertain != 0) {
    texts.push_back(
        fmt::format("{} times a loop did not sleep for {} ms or longer while the profiler itself "
                    "got no CPU: one long callback or many short ones, nobody knows.",
                    unseen.uncertain, unseen.threshold / std::chrono::milliseconds(1)));
  }
  if (unseen.untickable) {
    texts.push_back(
        "The kernel refused a CPU clock: callbacks that compute are found without their stack.");
  }
  return texts;
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
    loop.timeline = {{.begin = {},
                      .length = result.duration,
                      .iterations = 0,
                      .waiting = times.waiting,
                      .working = times.working}};
    loop_threads.insert(times.threads.begin(), times.threads.end());
    result.loops.push_back(std::move(loop));
  }
}

}  // namespace regatta::profiling
