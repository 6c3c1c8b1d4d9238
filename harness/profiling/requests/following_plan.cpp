// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/requests/following_plan.hpp"

#include <algorithm>

namespace regatta::profiling {

using namespace kernel_side;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::nanoseconds rate_period = 100ms;
constexpr double least_share = 0.1;

}  // namespace

following following_plan::next(nanoseconds now, std::uint64_t answered, bool calls_others) {
  look_at_rate(now, answered);
  const bool sampled = rate_ > followed_rate_ * (now_ == following_all ? sampled_from : all_below);
  if (calls_others || !sampled) {
    if (now_ != following_all) changed_ = now;
    return now_ = following_all;
  }
  const nanoseconds since = now - changed_;
  if (now_ == following_begun ? since < pause_ : since < moment) return now_;
  if (now_ == following_begun) {
    now_ = following_arrivals;
  } else {
    now_ = following_begun;
    const double share = std::clamp(followed_rate_ / rate_, least_share, 1.0);
    const nanoseconds followed = std::clamp<nanoseconds>(since, moment, 2 * moment);
    pause_ = std::chrono::duration_cast<nanoseconds>(followed * ((1 - share) / share) * random());
  }
  changed_ = now;
  return now_;
}

void following_plan::look_at_rate(nanoseconds now, std::uint64_t answered) {
  if (now - looked_ < rate_period) return;
  const std::uint64_t more = answered > answered_ ? answered - answered_ : 0;  // as threads end
  rate_ = static_cast<double>(more) / std::chrono::duration<double>(now - looked_).count();
  looked_ = now;
  answered_ = answered;
}

double following_plan::random() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return 0.5 + static_cast<double>(random_ >> 11) * 0x1p-53;
}

}  // namespace regatta::profiling
