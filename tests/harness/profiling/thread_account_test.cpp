// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/bpf/thread_account.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <memory>

#include "harness/statistics/duration_histogram.hpp"

namespace regatta::profiling::kernel_side {
namespace {

constexpr __u32 interruptible = 1, uninterruptible = 2, stopped_state = 0x104;
constexpr __u64 ms = 1'000'000;

__u64 whole(const slice_ledger& ledger) {
  __u64 sum = ledger.user + ledger.kernel + ledger.run_queue + ledger.fault + ledger.stopped +
              ledger.cpu + ledger.other_calls;
  for (__u32 i = 0; i < ledger.used; ++i) sum += ledger.calls[i].time;
  return sum;
}

class thread_account : public testing::Test {
 protected:
  thread_account() {
    thread.call = no_call;
    thread.exact = 1;
    begin_slice(&thread, loop.get(), 1000 * ms);
  }
  __u64 at(__u64 milliseconds) const { return (1000 + milliseconds) * ms; }

  thread_slot thread{};
  std::unique_ptr<loop_slot> loop = std::make_unique<loop_slot>();
};

TEST_F(thread_account, divides_a_slice_into_its_causes_without_a_rest) {
  on_call_begins(&thread, at(10), SYS_fsync, 7, 0, 0);        // 10 in its own code
  on_switch_out(&thread, at(11), 0, uninterruptible);         // 1 in the kernel
  on_wakeup(&thread, at(41));                                 // 30 in fsync
  on_switch_in(&thread, at(45));                              // 4 for a CPU
  on_call_ends(&thread, at(47));                              // 2 in the kernel
  on_switch_out(&thread, at(50), 1, 0);                       // 3 in its own code
  on_switch_in(&thread, at(56));                              // 6 for a CPU
  on_switch_out(&thread, at(57), 0, uninterruptible);         // 1 in its own code
  on_switch_in(&thread, at(77));                              // 20 for a page
  on_switch_out(&thread, at(78), 0, stopped_state);           // 1 in its own code
  on_switch_in(&thread, at(178));                             // 100 stopped
  on_call_begins(&thread, at(180), SYS_epoll_wait, 5, 0, 0);  // 2 in its own code
  EXPECT_EQ(slice_age(&thread, at(180)), 80 * ms);
  EXPECT_EQ(end_slice(&thread, loop.get(), at(180)), 180 * ms);
  const slice_ledger& ledger = thread.ledger;
  EXPECT_EQ(ledger.user, 17 * ms);
  EXPECT_EQ(ledger.kernel, 3 * ms);
  EXPECT_EQ(ledger.run_queue, 10 * ms);
  EXPECT_EQ(ledger.fault, 20 * ms);
  EXPECT_EQ(ledger.stopped, 100 * ms);
  ASSERT_EQ(ledger.used, 1U);
  EXPECT_EQ(ledger.calls[0].call, SYS_fsync);
  EXPECT_EQ(ledger.calls[0].first, 7U);
  EXPECT_EQ(ledger.calls[0].time, 30 * ms);
  EXPECT_EQ(whole(ledger), 180 * ms);
}

TEST_F(thread_account, loses_no_time_when_the_clocks_of_two_processors_differ) {
  on_call_begins(&thread, at(10), SYS_read, 3, 0, 0);
  on_switch_out(&thread, at(11), 0, interruptible);
  on_wakeup(&thread, at(20));
  on_switch_in(&thread, at(19));  // another processor's clock, a little behind
  on_call_ends(&thread, at(21));
  EXPECT_EQ(end_slice(&thread, loop.get(), at(21)), 21 * ms);
  EXPECT_EQ(whole(thread.ledger), 21 * ms);
}

TEST_F(thread_account, keeps_more_different_calls_than_it_has_room_for_as_others) {
  __u64 now = 0;
  for (long call = 0; call < call_shares + 3; ++call) {
    on_call_begins(&thread, at(now), 1000 + call, 0, 0, 0);
    on_switch_out(&thread, at(now), 0, interruptible);
    on_switch_in(&thread, at(now + 5));
    on_call_ends(&thread, at(now + 5));
    now += 5;
  }
  EXPECT_EQ(thread.ledger.used, static_cast<__u32>(call_shares));
  EXPECT_EQ(thread.ledger.other_calls, 15 * ms);
  EXPECT_EQ(end_slice(&thread, loop.get(), at(now)), whole(thread.ledger));
}

TEST_F(thread_account, adds_up_what_the_same_call_waits_for_the_same) {
  for (__u64 i = 0; i < 4; ++i) {
    on_call_begins(&thread, at(10 * i), SYS_read, i % 2, 0, 0);
    on_switch_out(&thread, at(10 * i), 0, interruptible);
    on_switch_in(&thread, at(10 * i + 10));
    on_call_ends(&thread, at(10 * i + 10));
  }
  ASSERT_EQ(thread.ledger.used, 2U);
  EXPECT_EQ(thread.ledger.calls[0].time, 20 * ms);
  EXPECT_EQ(thread.ledger.calls[1].time, 20 * ms);
}

TEST_F(thread_account, names_a_call_that_a_stop_interrupted_when_it_goes_on) {
  on_call_begins(&thread, at(0), SYS_clock_nanosleep, 0, 0, 0);
  on_switch_out(&thread, at(0), 0, interruptible);
  on_switch_in(&thread, at(30));
  on_call_ends(&thread, at(30));
  on_switch_out(&thread, at(30), 0, stopped_state);
  on_switch_in(&thread, at(90));
  on_call_begins(&thread, at(90), call_restart, 0, 0, 0);
  on_switch_out(&thread, at(90), 0, interruptible);
  on_switch_in(&thread, at(110));
  on_call_ends(&thread, at(110));
  ASSERT_EQ(thread.ledger.used, 1U);
  EXPECT_EQ(thread.ledger.calls[0].call, SYS_clock_nanosleep);
  EXPECT_EQ(thread.ledger.calls[0].time, 50 * ms);
  EXPECT_EQ(thread.ledger.stopped, 60 * ms);
  EXPECT_TRUE(will_restart(-516));
  EXPECT_FALSE(will_restart(-4));  // EINTR: the program's code runs
}

TEST_F(thread_account, takes_a_wakeup_before_the_thread_has_left_for_nothing) {
  on_call_begins(&thread, at(5), SYS_read, 3, 0, 0);
  on_wakeup(&thread, at(6));
  EXPECT_EQ(thread.mode, static_cast<__u32>(mode_kernel));
}

TEST_F(thread_account, begins_every_slice_with_an_empty_ledger) {
  on_call_begins(&thread, at(10), SYS_epoll_wait, 5, 0, 0);
  end_slice(&thread, loop.get(), at(10));
  begin_wait(&thread, at(10), 0);
  on_switch_out(&thread, at(11), 0, interruptible);
  on_wakeup(&thread, at(500));
  on_switch_in(&thread, at(510));
  on_call_ends(&thread, at(511));
  begin_slice(&thread, loop.get(), at(511));
  EXPECT_EQ(whole(thread.ledger), 0U);
  EXPECT_EQ(loop->waiting, 501 * ms);
  EXPECT_EQ(loop->working, 10 * ms);
  EXPECT_EQ(loop->iterations, 2U);
  EXPECT_EQ(slice_age(&thread, at(512)), 1 * ms);
}

TEST_F(thread_account, takes_a_loop_inside_a_callback_for_a_call_of_it) {
  thread_slot& t = thread;
  on_call_begins(&t, at(10), SYS_epoll_wait, 9, 0, 0);  // of an inner loop
  go_inside(&t, at(10));
  EXPECT_EQ(slice_age(&t, at(50)), 0U);
  const auto inner = std::make_unique<loop_slot>();
  begin_wait(&t, at(10), 0);
  on_call_ends(&t, at(60));
  begin_slice(&t, inner.get(), at(60));
  on_call_begins(&t, at(62), SYS_epoll_wait, 5, 0, 0);  // of the outer one
  t.slice_began = 0;                                    // it has left the inner loop
  come_back(&t, at(62));
  EXPECT_EQ(t.slice, 1U);
  EXPECT_EQ(end_slice(&t, loop.get(), at(62)), 62 * ms);
  EXPECT_EQ(t.ledger.user, 10 * ms);
  ASSERT_EQ(t.ledger.used, 1U);
  EXPECT_EQ(t.ledger.calls[0].time, 52 * ms);
  EXPECT_EQ(t.ledger.calls[0].first, inner_loop);
  EXPECT_EQ(t.argument[0], 5U);
}

TEST_F(thread_account, where_calls_are_not_watched_learns_from_the_switches_what_is_waited_for) {
  settle(&thread, stage_switches);
  charge(&thread, at(10));  // on a CPU, in whatever
  note_call(&thread, at(10), SYS_fsync, 7, 0, 0);
  on_switch_out(&thread, at(10), 0, uninterruptible);
  on_wakeup(&thread, at(40));
  on_switch_in(&thread, at(44));
  EXPECT_EQ(thread.call, no_call);  // nobody will say when it ends
  note_call(&thread, at(50), -1, 0, 0, 0);
  on_switch_out(&thread, at(50), 0, uninterruptible);  // a page, in its own code
  on_switch_in(&thread, at(55));
  EXPECT_EQ(end_slice(&thread, loop.get(), at(55)), 55 * ms);
  EXPECT_EQ(thread.ledger.cpu, 16 * ms);
  EXPECT_EQ(thread.ledger.user + thread.ledger.kernel, 0U);
  EXPECT_EQ(thread.ledger.run_queue, 4 * ms);
  EXPECT_EQ(thread.ledger.fault, 5 * ms);
  ASSERT_EQ(thread.ledger.used, 1U);
  EXPECT_EQ(thread.ledger.calls[0].call, SYS_fsync);
  EXPECT_EQ(thread.ledger.calls[0].first, 7U);
  EXPECT_EQ(thread.ledger.calls[0].time, 30 * ms);
  EXPECT_EQ(whole(thread.ledger), 55 * ms);
}

TEST_F(thread_account, tells_user_from_kernel_from_when_on_calls_are_watched) {
  settle(&thread, stage_switches);
  charge(&thread, at(20));
  settle(&thread, stage_calls);  // in the middle of its own code
  on_call_begins(&thread, at(30), SYS_read, 3, 0, 0);
  on_call_ends(&thread, at(31));
  charge(&thread, at(40));
  settle(&thread, stage_switches);
  charge(&thread, at(50));
  EXPECT_EQ(thread.ledger.cpu, 40 * ms);
  EXPECT_EQ(thread.ledger.kernel, 1 * ms);
  EXPECT_EQ(thread.ledger.user, 9 * ms);
}

TEST_F(thread_account, says_for_how_long_a_slice_was_one_for_sure) {
  settle(&thread, stage_switches);
  charge(&thread, at(30));  // on a CPU: it may have looked at its descriptors
  note_call(&thread, at(30), SYS_fsync, 7, 0, 0);
  on_switch_out(&thread, at(30), 0, uninterruptible);
  on_switch_in(&thread, at(130));
  EXPECT_EQ(thread.unseen, 30 * ms);
  EXPECT_EQ(sure_of(&thread, at(130)), 100 * ms);
  settle(&thread, stage_switches);
  charge(&thread, at(140));
  settle(&thread, stage_waits);  // since when, nobody knows
  charge(&thread, at(141));
  EXPECT_EQ(thread.unseen, 41 * ms);
  EXPECT_EQ(sure_of(&thread, at(141)), 100 * ms);
  settle(&thread, stage_waits);
  charge(&thread, at(300));
  EXPECT_EQ(thread.unseen, 41 * ms);
  EXPECT_EQ(sure_of(&thread, at(300)), 159 * ms);
  begin_slice(&thread, loop.get(), at(300));
  EXPECT_EQ(thread.unseen, 0U);
  EXPECT_EQ(sure_of(&thread, at(301)), 1 * ms);
}

TEST_F(thread_account, loses_patience_with_slices_that_get_long_and_never_too_long) {
  constexpr __u64 threshold = 100 * ms;
  const auto run = [&](__u64 length) {
    begin_slice(&thread, loop.get(), at(0));
    settle(&thread, stage_switches);
    __u64 told_at = 0;
    for (__u64 age = 1; age <= length; ++age) {
      charge(&thread, at(age));
      if ((thread.told & 2) || !gets_long(&thread, &thread.ledger, age * ms, threshold)) continue;
      thread.told |= 2;
      told_at = age;
    }
    note_outcome(&thread, end_slice(&thread, loop.get(), at(length)), threshold);
    // A wait that follows another without a slice in between is no outcome.
    note_outcome(&thread, end_slice(&thread, loop.get(), at(length)), threshold);
    return told_at;
  };
  for (int i = 0; i < patience; ++i) {
    EXPECT_EQ(run(30), 25U);
    EXPECT_EQ(run(20), 0U) << "which is no reason for anything";
  }
  EXPECT_EQ(run(40), 0U);
  EXPECT_EQ(run(100), 50U);
  EXPECT_EQ(run(40), 25U) << "after one that was too long";
}

TEST_F(thread_account, does_not_take_a_slice_that_waits_for_one_that_gets_long) {
  settle(&thread, stage_switches);
  note_call(&thread, at(10), SYS_fsync, 7, 0, 0);
  on_switch_out(&thread, at(10), 0, uninterruptible);
  charge(&thread, at(90));
  EXPECT_FALSE(gets_long(&thread, &thread.ledger, slice_age(&thread, at(90)), 100 * ms));
}

TEST_F(thread_account, knows_which_descriptors_a_callback_has_made) {
  EXPECT_FALSE(was_made_since(&thread, 9));  // nothing is known
  thread.known_descriptors = 64;
  thread.descriptors[0] = 0x1ff;  // 0 to 8
  EXPECT_FALSE(was_made_since(&thread, 8));
  EXPECT_TRUE(was_made_since(&thread, 9));
  EXPECT_TRUE(was_made_since(&thread, 70));     // the table has grown since
  EXPECT_FALSE(was_made_since(&thread, 5000));  // beyond what is looked at
}

TEST(wait_kinds, are_those_that_a_loop_waits_by) {
  EXPECT_EQ(wait_kind_of(SYS_epoll_wait, 0, 0, 0, 0), static_cast<__u32>(wait_epoll));
  EXPECT_EQ(wait_kind_of(SYS_epoll_pwait, 0, 0, 0, 0), static_cast<__u32>(wait_epoll));
  EXPECT_EQ(wait_kind_of(SYS_epoll_pwait2, 0, 0, 0, 0), static_cast<__u32>(wait_epoll));
  EXPECT_EQ(wait_kind_of(SYS_io_uring_enter, 1, 1, 1, 0), static_cast<__u32>(wait_uring));
  EXPECT_EQ(wait_kind_of(SYS_io_uring_enter, 1, 0, 0, 0), static_cast<__u32>(wait_none));
  EXPECT_EQ(wait_kind_of(SYS_poll, 3, 100, 0, 0), static_cast<__u32>(wait_poll));
  EXPECT_EQ(wait_kind_of(SYS_select, 0, 0, 0, 2), static_cast<__u32>(wait_poll));
  EXPECT_EQ(wait_kind_of(SYS_read, 0, 0, 0, 0), static_cast<__u32>(wait_none));
}

TEST(wait_kinds, do_not_take_a_blocking_clients_poll_of_one_socket_for_a_loop) {
  EXPECT_EQ(wait_kind_of(SYS_poll, 1, 5000, 0, 0), static_cast<__u32>(wait_none));
  EXPECT_EQ(wait_kind_of(SYS_pselect6, 0, 0, 0, 1), static_cast<__u32>(wait_none));
}

TEST(wait_kinds, take_a_poll_inside_a_callback_of_an_epoll_loop_for_a_call) {
  thread_slot thread{};
  EXPECT_TRUE(is_loop_wait(&thread, wait_poll, 1));
  thread.wait_kind = wait_epoll;
  EXPECT_FALSE(is_loop_wait(&thread, wait_poll, 1));
  EXPECT_TRUE(is_loop_wait(&thread, wait_epoll, 0));
}

TEST(wait_kinds, leave_a_poll_loop_one_that_looks_at_an_epoll_descriptor_in_between) {
  thread_slot thread{};
  thread.wait_kind = wait_poll;
  EXPECT_FALSE(is_loop_wait(&thread, wait_epoll, 0));
  EXPECT_TRUE(is_loop_wait(&thread, wait_epoll, 1));
}

TEST(futex_waits, are_told_apart_by_the_value_that_is_waited_for) {
  EXPECT_TRUE(is_lock_wait(SYS_futex, 128, 2));  // FUTEX_WAIT_PRIVATE of a taken lock
  EXPECT_FALSE(is_condition_wait(SYS_futex, 128, 2));
  EXPECT_TRUE(is_condition_wait(SYS_futex, 0x189, 0));  // pthread_cond_wait
  EXPECT_TRUE(is_condition_wait(SYS_futex, 128, 7));
  EXPECT_FALSE(is_condition_wait(SYS_futex, 129, 1));  // a wakeup waits for nothing
  EXPECT_FALSE(is_condition_wait(SYS_read, 128, 7));
}

TEST(slice_buckets, are_those_of_the_histogram_that_reports_them) {
  for (__u64 value = 1; value < (__u64{1} << 50); value = value * 5 / 4 + 1) {
    for (const __u64 each : {value - 1, value, value + 1}) {
      ASSERT_EQ(bucket_of(each), duration_buckets::of(std::chrono::nanoseconds(each))) << each;
    }
  }
  static_assert(bucket_count == duration_buckets::count);
}

}  // namespace
}  // namespace regatta::profiling::kernel_side
