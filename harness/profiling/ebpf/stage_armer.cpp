// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/ebpf/stage_armer.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <utility>

#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {
namespace {

constexpr std::chrono::milliseconds longest_pause{20};

void ask_for_priority() {
  sched_param wanted{};
  wanted.sched_priority = 1;
  ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &wanted);
}

}  // namespace

stage_armer::stage_armer(loaded_programs& programs)
    : programs_(programs), stages_(monotonic_now()) {
  follow_needs();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void stage_armer::need(const probe_needs& needs) {
  const std::lock_guard lock(mutex_);
  needs_.strangers = needs_.strangers || needs.strangers;
  needs_.newcomers = needs_.newcomers || needs.newcomers;
  needs_.restless = needs_.restless || needs.restless;
  needs_.long_slices = needs_.long_slices || needs.long_slices;
}

void stage_armer::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  stages_.entered(stages_.stage(), monotonic_now());
}

void stage_armer::run(const std::stop_token& stop) {
  ask_for_priority();
  while (!stop.stop_requested()) {
    programs_.alarms(longest_pause, [this](const kernel_side::alarm& alarm) {
      need({.restless = true, .long_slices = alarm.is_long != 0});
    });
    follow_needs();
  }
}

// Whether the kernel has found a loop restless since the last look.
bool stage_armer::is_restless() {
  std::uint64_t latest = suspected_;
  const auto slots = programs_.threads();
  while (used_ < slots.size() && slots[used_].tid != 0) ++used_;
  for (const kernel_side::thread_slot& slot : slots.first(used_)) {
    const volatile auto& suspected = slot.suspected;
    const std::uint64_t time = suspected;
    latest = std::max(latest, time);
  }
  return std::exchange(suspected_, latest) != latest;
}

void stage_armer::follow_needs() {
  probe_needs needs;
  {
    const std::lock_guard lock(mutex_);
    needs = std::exchange(needs_, {});
  }
  needs.restless = needs.restless || is_restless();
  const auto wanted = stages_.next(monotonic_now(), needs);
  if (wanted == stages_.stage()) return;
  const auto in_force = programs_.enter(wanted);
  stages_.entered(in_force, monotonic_now());
}

}  // namespace regatta::profiling
