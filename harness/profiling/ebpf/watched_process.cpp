// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/watched_process.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "harness/profiling/ebpf/loaded_programs.hpp"
#include "harness/profiling/foreign_memory.hpp"

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

void watched_process::copy_waiting(const kernel_side::thread_slot& thread,
                                   const kernel_side::thread_slot& shared) {
  const auto tid = static_cast<pid_t>(thread.tid);
  if (stacks_of(tid, thread.slice).copied_call == thread.changed) return;
  const foreign_memory memory(pid_);
  captured_stack copy;
  copy.tid = tid;
  std::copy(std::begin(thread.registers), std::end(thread.registers), copy.registers.begin());
  copy.stack_begin = copy.registers[7];
  copy.stack.resize(kernel_side::stack_bytes);
  copy.stack.resize(memory.read(copy.stack_begin, copy.stack.data(), copy.stack.size()));
  std::string path;
  if (const int at = kernel_side::path_argument(thread.call); at >= 0) {
    path.resize(kernel_side::path_bytes);
    path.resize(memory.read(thread.argument[at], path.data(), path.size()));
    path.resize(::strnlen(path.data(), path.size()));
  }
  const auto after = read_slot(shared);
  if (!after || after->slice != thread.slice || after->changed != thread.changed) return;
  if (path.empty()) {
    teller_.note_descriptor(thread.call, thread.argument[0]);
  } else {
    teller_.note_path(thread.call, thread.argument[0], std::move(path));
  }
  const auto now = static_cast<std::uint64_t>(monotonic_now().count());
  slice_stacks& stacks = stacks_of(tid, thread.slice);
  stacks.copied_call = thread.changed;
  stacks.add({.waited = now - thread.changed,
              .call = thread.call,
              .there = true,
              .stack = teller_.name(copy)});
}

}  // namespace regatta::profiling
