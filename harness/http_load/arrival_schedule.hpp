// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/http_load/load_plan.hpp"

namespace regatta::http_load {

/// The intended starts of an open loop, one after the other, as far as one of `parts` client
/// threads is concerned. All parts together have the stages' rates: constant arrivals are dealt out
/// in turn, Poisson arrivals are drawn apart (a sum of Poisson processes is one).
///
/// A process of unit rate is drawn, and the time at which the stages have that many arrivals behind
/// them is the start: so a ramp needs no steps. Source: the time-rescaling theorem, as of Çinlar,
/// Introduction to Stochastic Processes, section 4.7. The same seed gives the same starts anywhere.
/// Thread safety: none.
class arrival_schedule {
 public:
  arrival_schedule(std::vector<load_stage> stages, arrival_kind kind, std::uint64_t seed,
                   unsigned part, unsigned parts);

  /// No arrival is left; the others must not be called then.
  bool done() const { return stage_ == stages_.size(); }
  /// From the load's start.
  std::chrono::nanoseconds due() const { return due_; }
  std::size_t stage() const { return stage_; }
  void advance();

 private:
  void place();
  double gap();

  std::vector<load_stage> stages_;
  arrival_kind kind_;
  std::uint64_t seed_;
  double parts_;
  std::uint64_t drawn_ = 0;
  std::size_t stage_ = 0;
  double behind_ = 0;  ///< arrivals of all parts since the stage began, this one's place
  std::chrono::nanoseconds stage_begin_{0};
  std::chrono::nanoseconds due_{0};
};

}  // namespace regatta::http_load
