// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/switch_account.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <vector>

namespace regatta::profiling {
namespace {

using namespace std::chrono_literals;
using what = thread_event::what;
using std::chrono::nanoseconds;

constexpr pid_t thread = 7;
constexpr loop_identity loop{.kind = kernel_side::wait_epoll, .key = 3};

class switch_account_test : public testing::Test {
 protected:
  void happens(what event, nanoseconds at) {
    account.add({.tid = thread, .happened = event, .time = 100s + at});
  }
  void is_seen_in(long call, nanoseconds at, std::uint64_t first = 3) {
    thread_sample sample{.tid = thread, .time = 100s + at, .look = {}};
    sample.look.now = internal::thread_look::state::in_call;
    sample.look.call = call;
    sample.look.argument[0] = first;
    account.look(sample, loop, call == SYS_epoll_wait);
  }
  void waits_until(nanoseconds end) {
    is_seen_in(SYS_epoll_wait, end - 10ms);
    happens(what::to_cpu, end);
  }

  std::vector<seen_slice> found;
  switch_account account{100ms, 13ms, [this](const seen_slice& slice) { found.push_back(slice); }};
};

TEST_F(switch_account_test, a_callback_that_sleeps_is_one_slice_with_its_call) {
  waits_until(0ms);
  happens(what::off_cpu, 2ms);
  is_seen_in(SYS_clock_nanosleep, 40ms, 0);
  happens(what::to_cpu, 152ms);
  happens(what::preempted, 153ms);
  happens(what::to_cpu, 156ms);
  happens(what::off_cpu, 158ms);
  EXPECT_TRUE(found.empty());
  is_seen_in(SYS_epoll_wait, 160ms);
  ASSERT_EQ(found.size(), 1U);
  const seen_slice& slice = found.front();
  EXPECT_EQ(slice.begin, 100s);
  EXPECT_EQ(slice.end - slice.begin, 158ms);
  EXPECT_EQ(slice.loop, loop);
  EXPECT_TRUE(slice.sure);
  EXPECT_EQ(slice.ledger.cpu, 5'000'000U);
  EXPECT_EQ(slice.ledger.run_queue, 3'000'000U);
  ASSERT_EQ(slice.ledger.used, 1U);
  EXPECT_EQ(slice.ledger.calls[0].call, SYS_clock_nanosleep);
  EXPECT_EQ(slice.ledger.calls[0].time, 150'000'000U);
}

TEST_F(switch_account_test, a_wait_that_nobody_looked_at_may_have_been_the_loops) {
  waits_until(0ms);
  happens(what::off_cpu, 80ms);
  happens(what::to_cpu, 81ms);
  happens(what::off_cpu, 161ms);
  is_seen_in(SYS_epoll_wait, 170ms);
  EXPECT_TRUE(found.empty());
}

TEST_F(switch_account_test, what_computed_for_long_is_sure_only_if_its_next_wait_was_awaited) {
  waits_until(0ms);
  EXPECT_TRUE(account.is_blind(thread));
  ASSERT_TRUE(account.lasting(thread, 100s + 150ms));
  EXPECT_FALSE(account.lasting(thread, 100s + 150ms)->sure);
  account.awaited(thread, 100s + 9ms);
  EXPECT_FALSE(account.is_blind(thread));
  EXPECT_TRUE(account.lasting(thread, 100s + 150ms)->sure);
  happens(what::came_back, 150ms);
  EXPECT_TRUE(account.is_blind(thread));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found.front().sure);
  EXPECT_EQ(found.front().end - found.front().begin, 150ms);
  EXPECT_EQ(account.lasting(thread, 100s + 160ms)->begin, 100s + 150ms);
}

TEST_F(switch_account_test, many_short_callbacks_are_not_called_a_long_one) {
  waits_until(0ms);
  account.awaited(thread, 100s + 60ms);
  happens(what::off_cpu, 120ms);
  is_seen_in(SYS_epoll_wait, 130ms);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(found.front().sure);
}

TEST_F(switch_account_test, a_thread_that_waits_is_in_no_slice) {
  waits_until(0ms);
  happens(what::off_cpu, 5ms);
  is_seen_in(SYS_epoll_wait, 20ms);
  EXPECT_FALSE(account.lasting(thread, 100s + 500ms));
  happens(what::to_cpu, 500ms);
  EXPECT_EQ(account.lasting(thread, 100s + 510ms)->begin, 100s + 500ms);
  EXPECT_TRUE(found.empty());
}

}  // namespace
}  // namespace regatta::profiling
