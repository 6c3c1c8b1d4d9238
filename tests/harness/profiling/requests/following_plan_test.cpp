// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/requests/following_plan.hpp"

#include <gtest/gtest.h>

#include <set>

namespace regatta::profiling {
namespace {

using namespace std::chrono_literals;
using namespace kernel_side;

// A service that answers evenly, looked at every 10 ms.
class FollowingPlan : public testing::Test {
 protected:
  // For so long; the share of the time in which those that come are followed.
  double share_while(std::chrono::nanoseconds time, double rate, bool calls_others = false) {
    int looks = 0, follows = 0;
    for (const auto until = now_ + time; now_ < until; now_ += 10ms) {
      answered_ += rate / 100;
      state_ = plan_.next(now_, static_cast<std::uint64_t>(answered_), calls_others);
      looks += 1;
      follows += state_ != following_begun ? 1 : 0;
    }
    return static_cast<double>(follows) / looks;
  }

  following_plan plan_{0ns, 1'000};
  std::chrono::nanoseconds now_{};
  double answered_ = 0;
  following state_ = following_all;
};

TEST_F(FollowingPlan, all_requests_are_followed_that_are_not_many) {
  EXPECT_EQ(share_while(2s, 1'700), 1);
  EXPECT_EQ(state_, following_all);
}

TEST_F(FollowingPlan, of_many_those_that_come_in_moments_spread_over_the_time) {
  share_while(500ms, 4'000);
  EXPECT_NEAR(share_while(20s, 4'000), 0.25, 0.05);
  EXPECT_NE(state_, following_all);
}

TEST_F(FollowingPlan, a_tenth_at_least) {
  share_while(500ms, 1e6);
  EXPECT_NEAR(share_while(30s, 1e6), 0.1, 0.03);
}

TEST_F(FollowingPlan, all_again_when_they_are_fewer_but_not_for_little) {
  share_while(1s, 4'000);
  EXPECT_LT(share_while(2s, 1'700), 1);
  share_while(300ms, 1'200);
  EXPECT_EQ(share_while(1s, 1'200), 1);
  EXPECT_EQ(state_, following_all);
}

TEST_F(FollowingPlan, all_of_a_service_that_asks_others) {
  EXPECT_EQ(share_while(2s, 1e5, true), 1);
  EXPECT_EQ(state_, following_all);
}

TEST_F(FollowingPlan, the_moments_have_no_period) {
  share_while(1s, 4'000);
  std::set<std::chrono::nanoseconds> pauses;
  std::chrono::nanoseconds since = now_;
  for (following before = state_; now_ < 20s; before = state_) {
    share_while(10ms, 4'000);
    if (state_ == before) continue;
    if (state_ == following_arrivals) pauses.insert((now_ - since) / 1ms * 1ms);
    since = now_;
  }
  EXPECT_GE(pauses.size(), 4U);
}

}  // namespace
}  // namespace regatta::profiling
