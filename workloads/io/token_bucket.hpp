// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cassert>
#include <chrono>

namespace regatta {

/// A rate in time: `burst` tokens may be taken at once, from then on one every 1 / per_second. A
/// pure function of the times it is told; who took a token sleeps for as long as it says:
///
///   token_bucket bucket(200, 5);  // 200 a second
///   co_await ctx.sleep(bucket.take(steady_clock::now()));
///
/// The generic cell rate algorithm (ITU-T I.371): it keeps one time instead of a number of tokens.
/// Thread safety: distinct objects.
class token_bucket {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using nanoseconds = std::chrono::nanoseconds;

  /// REQUIRES: per_second > 0, burst > 0. Begins full.
  token_bucket(double per_second, unsigned burst)
      : interval_(
            std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(1 / per_second))),
        ahead_((burst - 1) * interval_) {
    assert(per_second > 0 && burst > 0);
  }

  /// Takes the next token. How long from `now` until it is there: 0 if it is there already.
  nanoseconds take(time_point now) {
    full_at_ = std::max(full_at_, now);
    const nanoseconds wait = std::max(nanoseconds(0), full_at_ - ahead_ - now);
    full_at_ += interval_;
    return wait;
  }

 private:
  nanoseconds interval_;
  nanoseconds ahead_;  ///< by so much a full bucket runs ahead of its rate
  time_point full_at_{};
};

}  // namespace regatta
