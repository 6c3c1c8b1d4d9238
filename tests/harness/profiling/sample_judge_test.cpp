// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/sample_judge.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <vector>

namespace regatta::profiling {
namespace {

using namespace std::chrono_literals;
using state = internal::thread_look::state;

struct told {
  sampled_stretch stretch;
  stretch_phase phase;
};

class judge_of_samples : public testing::Test {
 protected:
  void see(pid_t tid, internal::thread_look look, std::uint64_t runs, bool stopped = false,
           std::uint32_t selected = 0) {
    judge.add({.tid = tid,
               .time = now,
               .look = look,
               .cpu = cpu,
               .run_queue = {},
               .runs = runs,
               .stopped = stopped,
               .selected = selected});
  }
  static internal::thread_look in(long call, std::uint64_t first, std::uint64_t second = 0,
                                  std::uint64_t third = 0) {
    internal::thread_look look{.now = state::in_call, .call = call};
    look.argument = {first, second, third, 0xffffffff};
    return look;
  }
  static internal::thread_look running() { return {.now = state::running}; }

  std::chrono::nanoseconds now = 1s, cpu = 0ns;
  std::vector<told> heard;
  std::set<pid_t> in_handlers;
  int asked = 0;
  sample_judge judge{100ms,
                     [this](const sampled_stretch& stretch, stretch_phase phase) {
                       heard.push_back({stretch, phase});
                     },
                     [this](pid_t tid) {
                       ++asked;
                       return in_handlers.contains(tid);
                     }};
};

TEST_F(judge_of_samples, tells_of_a_call_while_it_lasts_and_when_it_is_over) {
  see(1, in(SYS_epoll_wait, 5), 10);
  for (int i = 0; i < 75; ++i) {
    now += 4ms;
    see(1, in(SYS_clock_nanosleep, 0), 11);
  }
  now += 4ms;
  see(1, in(SYS_epoll_wait, 5), 12);
  ASSERT_EQ(heard.size(), 3U);
  EXPECT_EQ(heard[0].phase, stretch_phase::began);
  EXPECT_EQ(heard[0].stretch.end - heard[0].stretch.begin, 100ms);
  EXPECT_EQ(heard[1].phase, stretch_phase::continues);
  EXPECT_EQ(heard[2].phase, stretch_phase::ended);
  EXPECT_EQ(heard[2].stretch.end - heard[2].stretch.begin, 296ms);
  EXPECT_EQ(heard[2].stretch.call.call, SYS_clock_nanosleep);
  EXPECT_EQ(to_string(heard[2].stretch.loop), "epoll 5");
}

TEST_F(judge_of_samples, does_not_call_a_thread_blocked_that_ran_between_the_looks) {
  see(1, in(SYS_epoll_wait, 5), 10);
  for (std::uint64_t i = 0; i < 75; ++i) {
    now += 4ms;
    see(1, in(SYS_read, 7), 11 + i);
  }
  now += 4ms;
  see(1, in(SYS_epoll_wait, 5), 99);
  EXPECT_TRUE(heard.empty());
}

TEST_F(judge_of_samples, calls_a_loop_that_is_always_on_a_processor_saturated_and_never_blocked) {
  see(1, in(SYS_epoll_wait, 5), 10);
  for (int i = 0; i < 100; ++i) {
    now += 4ms;
    cpu += 4ms;
    see(1, running(), 11);
  }
  now += 4ms;
  see(1, in(SYS_epoll_wait, 5), 12);
  judge.finish();
  EXPECT_TRUE(heard.empty());
  const auto& loop = judge.loops().at({kernel_side::wait_epoll, 5});
  EXPECT_GT(loop.saturated, 380ms);
  EXPECT_EQ(loop.call, "epoll_wait");
}

TEST_F(judge_of_samples, does_not_call_a_parked_thread_of_a_shared_loop_blocked) {
  see(1, in(SYS_epoll_wait, 5), 10);
  for (int i = 0; i < 100; ++i) {
    now += 4ms;
    see(1, in(SYS_futex, 0x1000, 0x189), 11);
    see(2, in(SYS_epoll_wait, 5), 3);
  }
  judge.finish();
  EXPECT_TRUE(heard.empty());
  EXPECT_EQ(asked, 1);
}

TEST_F(judge_of_samples, calls_a_thread_of_a_shared_loop_blocked_that_waits_in_a_handler) {
  in_handlers = {1};
  see(1, in(SYS_epoll_wait, 5), 10);
  see(2, in(SYS_epoll_wait, 5), 3);
  for (int i = 0; i < 50; ++i) {
    now += 4ms;
    see(1, in(SYS_futex, 0x1000, 0x189), 11);
    see(2, in(SYS_epoll_wait, 5), 3);
  }
  now += 4ms;
  see(1, in(SYS_epoll_wait, 5), 12);
  judge.finish();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].phase, stretch_phase::began);
  EXPECT_EQ(heard[1].phase, stretch_phase::ended);
  EXPECT_EQ(heard[1].stretch.end - heard[1].stretch.begin, 196ms);
  EXPECT_EQ(heard[1].stretch.call.call, SYS_futex);
  EXPECT_EQ(judge.loops().at({kernel_side::wait_epoll, 5}).working, 196ms);
}

TEST_F(judge_of_samples, has_a_loop_where_select_waits_for_more_than_one_descriptor) {
  see(1, in(SYS_select, 8, 0x1000), 10, false, 2);
  see(2, in(SYS_select, 8, 0x1000), 10, false, 1);
  EXPECT_TRUE(judge.is_loop_thread(1));
  EXPECT_FALSE(judge.is_loop_thread(2));
  for (int i = 0; i < 40; ++i) {
    now += 4ms;
    see(1, in(SYS_fsync, 7), 11);
  }
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(to_string(heard[0].stretch.loop), "poll in thread 1");
}

TEST_F(judge_of_samples, calls_the_only_thread_of_a_loop_blocked_that_waits_for_a_future) {
  see(1, in(SYS_epoll_wait, 5), 10);
  for (int i = 0; i < 40; ++i) {
    now += 4ms;
    see(1, in(SYS_futex, 0x1000, 0x189), 11);
  }
  ASSERT_EQ(heard.size(), 1U);
  judge.finish();
  EXPECT_EQ(heard.back().phase, stretch_phase::continues);
}

TEST_F(judge_of_samples, has_no_loop_where_nothing_waits_for_descriptors) {
  for (int i = 0; i < 100; ++i) {
    now += 4ms;
    see(1, in(SYS_read, 0), 1);
    see(2, in(SYS_poll, 0x1000, 1), 1);
  }
  EXPECT_TRUE(judge.loops().empty());
  EXPECT_TRUE(heard.empty());
}

TEST_F(judge_of_samples, does_not_call_a_stopped_thread_blocked) {
  see(1, in(SYS_epoll_wait, 5), 10);
  for (int i = 0; i < 100; ++i) {
    now += 4ms;
    see(1, {.now = state::waits}, 11, true);
  }
  judge.finish();
  EXPECT_TRUE(heard.empty());
}

}  // namespace
}  // namespace regatta::profiling
