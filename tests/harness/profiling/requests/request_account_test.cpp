// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/bpf/request_account.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

namespace regatta::profiling::kernel_side {
namespace {

constexpr __u64 ms = 1'000'000;

// Two connections and two threads; times are milliseconds since the first thread began to run.
class RequestAccount : public testing::Test {
 protected:
  RequestAccount() {
    for (worker_slot* worker : {&thread, &other}) {
      worker->tid = worker == &thread ? 1 : 2;
      worker->on = worker->marked = at(0);
      worker->slept = 1;
    }
  }
  static __u64 at(__u64 milliseconds) { return (1000 + milliseconds) * ms; }

  void read(worker_slot& worker, request_slot* before, request_slot& request, __u64 when,
            __u64 arrival) {
    finish_slice(&worker, before, at(when));
    if (worker.unqueued != 0) queue_current(&worker, before);
    begin_request(&request, &worker, at(when), at(arrival));
    worker.current = {&request == &first ? 1U : 2U, request.serial};
    worker.unqueued = 1;
  }
  static void answer(worker_slot& worker, request_slot& request, __u64 when) {
    lead_up_to(&request, &worker, at(when), &timer);
    note_answer(&request, &worker, at(when), 10);
  }
  static void sleep(worker_slot& worker, request_slot* current, __u64 from, __u64 to,
                    __u32 in = left_loop, __u64 on = 0) {
    leave_cpu(&worker, current, at(from), cpu_of(&worker, at(from)), in,
              current != nullptr ? 1 : 0);
    wake(&worker, at(to));
    enter_cpu(&worker, current, at(on != 0 ? on : to));
  }

  static constexpr gap_cause timer{.kind = time_gap, .peer = 0, .data_ready = 0};
  worker_slot thread{}, other{};
  request_slot first{}, second{};
};

TEST_F(RequestAccount, a_request_that_computes_has_all_that_its_thread_did_since_it_woke) {
  sleep(thread, nullptr, 1, 5, left_loop, 6);  // 1 of the process's own, 1 for a CPU
  read(thread, nullptr, first, 7, 5);
  answer(thread, first, 10);
  sleep(thread, &first, 12, 20);
  end_request(&first);
  EXPECT_EQ(first.told.arrival, at(5));
  EXPECT_EQ(first.told.began, at(6));
  EXPECT_EQ(first.told.answered, at(10));
  EXPECT_EQ(first.told.spent[time_cpu], 6 * ms);  // with the 2 after the answer
  EXPECT_EQ(first.told.spent[time_gap], 0U);
  EXPECT_EQ(first.told.used, 1U);
}

TEST_F(RequestAccount, two_requests_of_a_loop_have_their_own_time) {
  read(thread, nullptr, first, 1, 0);
  sleep(thread, &first, 2, 10);  // a timer of the first one, for 8
  read(thread, &first, second, 11, 10);
  answer(thread, second, 13);
  sleep(thread, &second, 14, 30);
  answer(thread, first, 33);
  EXPECT_EQ(first.told.spent[time_cpu], 5 * ms);  // 0 to 2, and 30 to 33
  EXPECT_EQ(first.told.spent[time_gap], 28 * ms);
  EXPECT_EQ(first.told.gap_idle, 24 * ms);
  EXPECT_EQ(first.told.delayed, 0U);
  EXPECT_EQ(second.told.spent[time_cpu], 4 * ms);
  EXPECT_EQ(second.told.spent[time_gap], 0U);
}

TEST_F(RequestAccount, what_leads_up_to_an_answer_is_of_that_answer) {
  read(thread, nullptr, first, 1, 0);
  read(thread, &first, second, 2, 0);  // both read, then both computed
  answer(thread, first, 12);
  answer(thread, second, 32);
  EXPECT_EQ(first.told.spent[time_cpu], (1 + 1 + 10) * ms);
  EXPECT_EQ(second.told.spent[time_cpu], 20 * ms);
  EXPECT_EQ(second.told.spent[time_gap], 10 * ms);
  EXPECT_EQ(second.told.gap_idle, 0U);
  EXPECT_EQ(second.told.delayed, 1U);
}

TEST_F(RequestAccount, an_upstream_is_waited_for_until_its_bytes_are_there) {
  read(thread, nullptr, first, 1, 0);
  lead_up_to(&first, &thread, at(2), &timer);  // it asks
  read(thread, &first, second, 3, 2);          // and reads another request
  const gap_cause answer_came{.kind = time_upstream, .peer = 7, .data_ready = at(13)};
  reach_event(&thread, &second, &first, at(23), &answer_came);
  answer(thread, first, 24);
  EXPECT_EQ(second.told.spent[time_cpu], 20 * ms);
  EXPECT_EQ(first.told.spent[time_cpu], 4 * ms);
  EXPECT_EQ(first.told.spent[time_upstream], 10 * ms);
  EXPECT_EQ(first.told.spent[time_lag], 10 * ms);
  ASSERT_EQ(first.told.used, 3U);
  EXPECT_EQ(first.told.phases[1].kind, static_cast<__u32>(time_upstream));
  EXPECT_EQ(first.told.phases[1].peer, 7U);
}

TEST_F(RequestAccount, a_thread_that_serves_one_request_waits_for_it) {
  read(thread, nullptr, first, 1, 0);
  sleep(thread, &first, 2, 12, left_sleep, 13);
  sleep(thread, &first, 14, 34, left_disk);
  sleep(thread, &first, 35, 40, left_lock);
  sleep(thread, &first, 41, 71, left_net);
  const gap_cause answer_came{.kind = time_upstream, .peer = 3, .data_ready = at(71)};
  reach_event(&thread, &first, &first, at(72), &answer_came);
  answer(thread, first, 73);
  sleep(thread, &first, 74, 500, left_net);  // for the next request
  end_request(&first);
  EXPECT_EQ(first.told.spent[time_cpu], (2 + 1 + 1 + 1 + 2 + 1) * ms);
  EXPECT_EQ(first.told.spent[time_sleep], 10 * ms);
  EXPECT_EQ(first.told.spent[time_run_queue], 1 * ms);
  EXPECT_EQ(first.told.spent[time_disk], 20 * ms);
  EXPECT_EQ(first.told.spent[time_lock], 5 * ms);
  EXPECT_EQ(first.told.spent[time_upstream], 30 * ms);
  EXPECT_EQ(first.told.spent[time_gap] + first.told.spent[time_other], 0U);
}

TEST_F(RequestAccount, threads_without_a_connection_own_nothing) {
  leave_cpu(&other, nullptr, at(30), 30 * ms, left_lock, 0);
  EXPECT_EQ(other.unowned_cpu, 30 * ms);
  wake(&other, at(40));
  enter_cpu(&other, nullptr, at(40));
  leave_cpu(&other, nullptr, at(45), 35 * ms, left_lock,
            1);  // a request is under way: of the next event
  EXPECT_EQ(other.unowned_cpu + other.carried, 35 * ms);
}

TEST_F(RequestAccount, more_phases_than_there_is_room_for_keep_their_sums) {
  read(thread, nullptr, first, 1, 0);
  for (__u64 turn = 0; turn < 20; ++turn) {
    sleep(thread, &first, 10 * turn + 2, 10 * turn + 10, left_sleep);
  }
  answer(thread, first, 201);
  EXPECT_EQ(first.told.spent[time_sleep], 160 * ms);
  EXPECT_EQ(first.told.used, static_cast<__u32>(phase_room));
  __u64 wall = 0;
  for (const request_phase& phase : first.told.phases) wall += phase.wall;
  EXPECT_EQ(wall, 201 * ms);
}

TEST_F(RequestAccount, a_call_after_a_timer_is_not_of_a_request_that_waits_for_an_upstream) {
  read(thread, nullptr, first, 1, 0);
  EXPECT_TRUE(may_call(&first, &thread));
  begin_wait(&first);
  EXPECT_TRUE(may_call(&first, &thread));  // two at once
  sleep(thread, &first, 2, 10);
  EXPECT_FALSE(may_call(&first, &thread));
  end_wait(&first);
  EXPECT_TRUE(may_call(&first, &thread));  // it had a timer itself
  answer(thread, first, 12);
  sleep(thread, &first, 13, 20);
  EXPECT_FALSE(may_call(&first, &thread));
}

TEST_F(RequestAccount, a_request_that_its_thread_turns_from_waits_for_its_turn) {
  read(thread, nullptr, first, 1, 0);
  EXPECT_EQ(thread.next.count, 0U);
  read(thread, &first, second, 2, 0);
  ASSERT_EQ(thread.next.count, 1U);
  EXPECT_EQ(thread.next.links[0].slot, 1U);
  EXPECT_EQ(thread.waiting.count, 1U);
  sleep(thread, &second, 3, 10);  // what comes next is of whatever woke it
  EXPECT_EQ(thread.next.count, 0U);
  EXPECT_EQ(thread.waiting.count, 2U);
}

TEST_F(RequestAccount, an_answered_one_waits_for_nothing) {
  read(thread, nullptr, first, 1, 0);
  answer(thread, first, 2);
  sleep(thread, &first, 3, 10);
  EXPECT_EQ(thread.waiting.count, 0U);
  EXPECT_EQ(thread.unqueued, 0U);
}

TEST_F(RequestAccount, a_request_that_only_computed_is_told_in_brief) {
  sleep(thread, nullptr, 1, 5, left_loop, 6);
  read(thread, nullptr, first, 7, 4);
  answer(thread, first, 10);
  end_request(&first);
  first.told.name_number = 3;
  brief_event brief{};
  ASSERT_TRUE(brief_of(&first, &brief));
  EXPECT_EQ(brief.arrival, at(4));
  EXPECT_EQ(brief.queue, 2 * ms);
  EXPECT_EQ(brief.latency, 6 * ms);
  EXPECT_EQ(brief.cpu, 4 * ms);
  EXPECT_EQ(brief.name_number, 3U);
  EXPECT_EQ(brief.prompt, 1U);
}

TEST_F(RequestAccount, what_does_not_fit_into_a_brief_is_told_whole) {
  brief_event brief{};
  read(thread, nullptr, first, 1, 0);
  sleep(thread, &first, 2, 10);
  answer(thread, first, 12);
  end_request(&first);
  EXPECT_FALSE(brief_of(&first, &brief));  // it waited
  read(thread, nullptr, second, 13, 12);
  answer(thread, second, 5000);
  end_request(&second);
  EXPECT_FALSE(brief_of(&second, &brief));  // longer than 32 bits of ns
}

TEST_F(RequestAccount, waits_are_of_one_request_only) {
  read(thread, nullptr, first, 1, 0);
  sleep(thread, &first, 2, 10, left_sleep);
  answer(thread, first, 12);
  end_request(&first);
  EXPECT_EQ(first.told.spent[time_sleep], 8 * ms);
  read(thread, nullptr, first, 13, 12);
  answer(thread, first, 14);
  end_request(&first);
  EXPECT_EQ(first.told.spent[time_sleep], 0U);
  brief_event brief{};
  EXPECT_TRUE(brief_of(&first, &brief));
}

TEST_F(RequestAccount, what_it_waits_for_after_its_answer_is_left_out) {
  read(thread, nullptr, first, 1, 0);
  answer(thread, first, 2);
  sleep(thread, &first, 3, 10, left_sleep);
  request_slot ends_here = first;
  end_request(&ends_here);
  EXPECT_EQ(ends_here.told.spent[time_sleep], 0U);
  answer(thread, first, 12);  // the rest of it
  sleep(thread, &first, 13, 20, left_sleep);
  end_request(&first);
  std::uint64_t waits = 0;
  for (std::uint32_t kind = time_cpu + 1; kind < time_kinds; ++kind) {
    waits += first.told.spent[kind];
  }
  EXPECT_GT(waits, 0U);
  EXPECT_LE(waits, 7 * ms);  // between the two parts
}

TEST_F(RequestAccount, nothing_is_left_of_one_that_was_given_up) {
  read(thread, nullptr, first, 1, 0);
  sleep(thread, &first, 2, 10, left_sleep);
  first.state = request_none;
  read(thread, nullptr, first, 13, 12);
  answer(thread, first, 14);
  end_request(&first);
  for (std::uint32_t kind = time_cpu + 1; kind < time_kinds; ++kind) {
    EXPECT_EQ(first.told.spent[kind], 0U) << kind;
  }
}

TEST_F(RequestAccount, requests_that_are_only_counted_own_their_time_together) {
  sleep(thread, nullptr, 1, 5, left_loop, 6);  // 1 of the process's own
  reach_counted(&thread, nullptr, at(7), 0);   // read
  reach_counted(&thread, nullptr, at(9), 1);   // answered
  sleep(thread, nullptr, 10, 20);
  EXPECT_EQ(thread.counted_cpu, (1 + 2 + 1) * ms);
  EXPECT_EQ(thread.unowned_cpu, 1 * ms);
  EXPECT_EQ(thread.counting, 0U);
}

TEST_F(RequestAccount, a_followed_request_has_none_of_the_time_of_those_that_are_only_counted) {
  read(thread, nullptr, first, 1, 0);
  reach_counted(&thread, &first, at(3), 0);
  reach_counted(&thread, nullptr, at(8), 1);
  read(thread, nullptr, second, 10, 9);
  answer(thread, second, 11);
  answer(thread, first, 13);
  end_request(&first);
  end_request(&second);
  EXPECT_EQ(first.told.spent[time_cpu], (1 + 2 + 2) * ms);
  EXPECT_EQ(second.told.spent[time_cpu], 1 * ms);
  EXPECT_EQ(thread.counted_cpu, (5 + 2) * ms);
  EXPECT_EQ(thread.unowned_cpu, 0U);
}

TEST_F(RequestAccount, what_a_counted_one_waits_for_is_of_nobody) {
  read(thread, nullptr, first, 1, 0);
  answer(thread, first, 2);
  reach_counted(&thread, &first, at(3), 0);
  sleep(thread, nullptr, 4, 10, left_disk);  // in the midst of it
  EXPECT_EQ(thread.idle, 0U);
  EXPECT_EQ(thread.unowned_disk, 0U);
  reach_counted(&thread, nullptr, at(12), 1);
  sleep(thread, nullptr, 13, 20);
  EXPECT_EQ(thread.idle, 7 * ms);
  EXPECT_EQ(thread.counted_cpu, (1 + 2 + 1) * ms);
  end_request(&first);
  EXPECT_EQ(first.told.spent[time_disk], 0U);
  EXPECT_EQ(first.told.spent[time_cpu], 3 * ms);
}

TEST(LeftFor, tells_what_a_thread_waits_for) {
  EXPECT_EQ(left_for_of(SYS_epoll_wait, 4, 0, 0, how_left(1, 0)), left_loop);
  EXPECT_EQ(left_for_of(SYS_poll, 0, 1, 0, how_left(1, 0)), left_net);
  EXPECT_EQ(left_for_of(SYS_poll, 0, 8, 0, how_left(1, 0)), left_loop);
  EXPECT_EQ(left_for_of(SYS_clock_nanosleep, 0, 0, 0, how_left(1, 0)), left_sleep);
  EXPECT_EQ(left_for_of(SYS_futex, 0, 0, 2, how_left(1, 1)), left_lock);
  EXPECT_EQ(left_for_of(SYS_futex, 0, 0, 0, how_left(1, 1)), left_loop);
  EXPECT_EQ(left_for_of(SYS_futex, 0, 0, 0, how_left(1, 0)), left_lock);
  EXPECT_EQ(left_for_of(SYS_fsync, 3, 0, 0, how_left(2, 0)), left_disk);
  EXPECT_EQ(left_for_of(SYS_read, 3, 0, 0, how_left(2, 0)), left_disk);
  EXPECT_EQ(left_for_of(SYS_read, 3, 0, 0, how_left(1, 0)), left_net);
  EXPECT_EQ(left_for_of(-1, 0, 0, 0, how_left(2, 0)), left_disk);  // a page of a file
}

}  // namespace
}  // namespace regatta::profiling::kernel_side
