// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/watched_process.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace regatta::profiling {

watched_process::watched_process(pid_t pid, bool child, const profile_options& options,
                                 const profile_hooks& hooks, std::chrono::nanoseconds began)
    : pid_(pid),
      child_(child),
      threads_(pid),
      teller_(pid, options.threshold, hooks, began),
      judge_(options.threshold, [](const sampled_stretch&, stretch_phase) {}) {}

void watched_process::look() {
  threads_.scan();
  for (const pid_t tid : threads_.ended()) {
    judge_.thread_ended(tid, monotonic_now());
    last_.erase(tid);
  }
  busy_.clear();
  threads_.look([](pid_t) { return true; },
                [this](const thread_sample& sample) {
                  judge_.add(sample);
                  thread_sample& last = last_[sample.tid];
                  const auto ran = sample.cpu + sample.run_queue - last.cpu - last.run_queue;
                  const bool known = last.tid != 0;
                  if (known && ran * 10 > (sample.time - last.time) * 9) busy_.insert(sample.tid);
                  last = sample;
                });
}

bool watched_process::has_busy_stranger(const std::set<pid_t>& known) const {
  return !std::includes(known.begin(), known.end(), busy_.begin(), busy_.end());
}

void watched_process::warm_up() {
  if (warm) return;
  for (const auto& [tid, last] : last_) {
    if (last.look.now != internal::thread_look::state::in_call || !judge_.is_loop_thread(tid)) {
      continue;
    }
    warm = true;
    teller_.warm_up(tid);
    return;
  }
}

slice_stacks& watched_process::stacks_of(pid_t thread, std::uint64_t slice) {
  auto& slices = open_[thread];
  slice_stacks& stacks = slices[slice];
  // Most slices end without an event. Two may be open, where one loop runs inside another.
  while (slices.size() > 3) {
    slices.erase(slices.begin()->first == slice ? std::next(slices.begin()) : slices.begin());
  }
  return stacks;
}

void watched_process::add(waiting_copy copy) {
  if (copy.path.empty()) {
    teller_.note_descriptor(copy.call, copy.first);
  } else {
    teller_.note_path(copy.call, copy.first, std::move(copy.path));
  }
  stacks_of(copy.stack.tid, copy.slice)
      .add({.waited = copy.waited,
            .call = copy.call,
            .there = true,
            .stack = teller_.name(copy.stack)});
}

}  // namespace regatta::profiling
