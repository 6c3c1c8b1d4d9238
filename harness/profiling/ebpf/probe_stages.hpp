// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>

#include "harness/profiling/bpf/thread_account.h"

namespace regatta::profiling {

/// What a look at the watched threads saw that needs a closer one.
struct probe_needs {
  bool strangers = false;    ///< a thread computes, and nobody knows whether it has a loop
  bool newcomers = false;    ///< a program has begun, and may have a loop that does not sleep
  bool restless = false;     ///< a loop has not slept for a while: its waits are not seen
  bool long_slices = false;  ///< a callback has taken a good part of the threshold
};

/// Which events of the kernel are watched, and for how long they were. A stage is held for a moment
/// after it was needed: to come and go costs as well. Pure. Thread safety: one thread.
class probe_stages {
 public:
  using nanoseconds = std::chrono::nanoseconds;
  static constexpr nanoseconds waits_held = std::chrono::seconds(1);
  static constexpr nanoseconds calls_held = std::chrono::milliseconds(300);
  static constexpr nanoseconds newcomers_held = std::chrono::seconds(1);
  static constexpr nanoseconds strangers_held = std::chrono::milliseconds(100);
  static constexpr nanoseconds strangers_pause = std::chrono::seconds(1);

  /// At first it is not known which threads have loops.
  explicit probe_stages(nanoseconds now)
      : since_(now), waits_until_(now + strangers_held), strangers_after_(now + strangers_pause) {}

  kernel_side::watch_stage next(nanoseconds now, const probe_needs& needs) {
    if (needs.strangers && now >= strangers_after_) {
      waits_until_ = std::max(waits_until_, now + strangers_held);
      strangers_after_ = now + strangers_pause;
    }
    if (needs.newcomers) waits_until_ = std::max(waits_until_, now + newcomers_held);
    if (needs.restless) waits_until_ = std::max(waits_until_, now + waits_held);
    if (needs.long_slices) calls_until_ = now + calls_held;
    if (now < calls_until_) return kernel_side::stage_calls;
    return now < waits_until_ ? kernel_side::stage_waits : kernel_side::stage_switches;
  }

  /// From now on that one is in force.
  void entered(kernel_side::watch_stage stage, nanoseconds now) {
    lasted_[stage_] += now - since_;
    since_ = now;
    stage_ = stage;
  }

  kernel_side::watch_stage stage() const { return stage_; }
  /// Until entered() was called last.
  nanoseconds lasted(kernel_side::watch_stage stage) const { return lasted_[stage]; }

 private:
  kernel_side::watch_stage stage_ = kernel_side::stage_switches;
  nanoseconds since_;
  nanoseconds waits_until_, calls_until_{}, strangers_after_;
  std::array<nanoseconds, 3> lasted_{};
};

}  // namespace regatta::profiling
