// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "harness/profiling/profile_result.hpp"
#include "harness/profiling/sample_judge.hpp"

namespace regatta::profiling {

/// What a loop has done since it was first seen.
struct loop_counters {
  std::optional<std::uint64_t> iterations;
  std::chrono::nanoseconds waiting{}, working{};
};

/// What each loop did when, from its counters as they are read again and again. However long it
/// takes, there are no more than `most` intervals a loop: past that, neighbours become one, and the
/// steps that follow are twice as long. Pure. Thread safety: one thread.
class loop_timelines {
 public:
  /// `began`: of the profile, by CLOCK_MONOTONIC, as the times of note().
  explicit loop_timelines(std::chrono::nanoseconds began,
                          std::chrono::nanoseconds step = std::chrono::milliseconds(25),
                          std::size_t most = 800)
      : began_(began), last_(began), step_(step), most_(most) {}

  /// Whether it is time to read the counters again.
  bool due(std::chrono::nanoseconds now) const { return now - last_ >= step_; }
  /// A counter that is read while it is changed may be too low for once: none goes back.
  void note(std::chrono::nanoseconds now, const std::map<loop_identity, loop_counters>& loops);
  std::vector<loop_interval> of(const loop_identity& loop) const;

 private:
  struct course {
    loop_counters last;
    std::vector<loop_interval> intervals;
  };
  void merge_neighbours();

  std::chrono::nanoseconds began_, last_, step_;
  std::size_t most_;
  std::map<loop_identity, course> loops_;
};

}  // namespace regatta::profiling
