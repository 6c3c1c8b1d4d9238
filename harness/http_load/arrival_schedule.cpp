// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/arrival_schedule.hpp"

#include <cmath>
#include <utility>

#include "harness/digest.hpp"

namespace regatta::http_load {

arrival_schedule::arrival_schedule(std::vector<load_stage> stages, arrival_kind kind,
                                   std::uint64_t seed, unsigned part, unsigned parts)
    : stages_(std::move(stages)), kind_(kind), seed_(mix64(seed) + part), parts_(parts) {
  behind_ = kind_ == arrival_kind::constant ? part : gap();
  place();
}

void arrival_schedule::advance() {
  behind_ += gap();
  place();
}

double arrival_schedule::gap() {
  if (kind_ == arrival_kind::constant) return parts_;
  const std::uint64_t bits = mix64(seed_ ^ mix64(drawn_++));
  const double uniform = (static_cast<double>(bits >> 11U) + 0.5) / 0x1p53;
  return -std::log(uniform) * parts_;
}

void arrival_schedule::place() {
  while (!done() && behind_ >= stages_[stage_].expected()) {
    behind_ -= stages_[stage_].expected();
    stage_begin_ += stages_[stage_].length;
    ++stage_;
  }
  if (done()) return;
  const load_stage& stage = stages_[stage_];
  const double length = std::chrono::duration<double>(stage.length).count();
  // behind = from * t + slope * t^2 / 2, solved for t in the form that no slope of 0 breaks.
  const double slope = (stage.to - stage.from) / length;
  const double root = std::sqrt(std::max(0.0, stage.from * stage.from + 2 * slope * behind_));
  const double at = behind_ == 0 ? 0 : 2 * behind_ / (stage.from + root);
  due_ = stage_begin_ + std::chrono::nanoseconds(std::llround(1e9 * at));
}

}  // namespace regatta::http_load
