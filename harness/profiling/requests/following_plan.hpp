// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "harness/profiling/bpf/request_events.h"

namespace regatta::profiling {

/// When requests are followed, one by one, and when they are only counted: all are followed unless
/// they are so many that some tell as much. Then those are that come within moments of 50 ms, at
/// random distances, so that nothing which the service does regularly is always or never among
/// them. Pure: no clock, no kernel. Thread safety: one thread.
class following_plan {
 public:
  using nanoseconds = std::chrono::nanoseconds;

  static constexpr double sampled_from = 2, all_below = 1.5;  ///< times the rate
  static constexpr nanoseconds moment = std::chrono::milliseconds(50);

  /// `rate`: how many a second are followed, about, where not all are.
  following_plan(nanoseconds began, double rate)
      : followed_rate_(rate), looked_(began), changed_(began) {}

  /// What holds from now on; to be called every few milliseconds. `answered`: requests so far, the
  /// counted ones included; `calls_others`: the service asks others, so that requests have to be
  /// told from each other by their order.
  kernel_side::following next(nanoseconds now, std::uint64_t answered, bool calls_others);

 private:
  void look_at_rate(nanoseconds now, std::uint64_t answered);
  double random();  ///< between 0.5 and 1.5

  double followed_rate_;
  kernel_side::following now_ = kernel_side::following_all;
  nanoseconds looked_;   ///< at the rate
  nanoseconds changed_;  ///< what is followed
  nanoseconds pause_{};  ///< until the next moment
  std::uint64_t answered_ = 0;
  double rate_ = 0;
  std::uint64_t random_ = 0x9E3779B97F4A7C15;
};

}  // namespace regatta::profiling
