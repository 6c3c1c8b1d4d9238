// SPDX-License-Identifier: Apache-2.0
// What the numbers of a stretch are called: its ledger, its cause, what is behind its descriptors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "harness/profiling/descriptor_names.hpp"
#include "harness/profiling/ebpf/slice_stacks.hpp"
#include "harness/profiling/profiled_target.hpp"
#include "harness/profiling/stretch_ledger.hpp"
#include "harness/profiling/stretch_list.hpp"
#include "harness/profiling/thread_book.hpp"

namespace regatta::profiling {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t ms = 1'000'000;

call_object nothing(const kernel_side::call_share&) { return {}; }

kernel_side::slice_ledger ledger_of(long call, std::uint64_t time, std::uint64_t first = 0,
                                    std::uint32_t second = 0, std::uint32_t third = 0) {
  kernel_side::slice_ledger ledger{};
  ledger.used = 1;
  ledger.calls[0] = {.time = time,
                     .first = first,
                     .second = second,
                     .third = third,
                     .call = static_cast<std::int32_t>(call),
                     .owner = 0};
  return ledger;
}

TEST(stretch_ledger, has_the_longest_share_first_and_sums_to_the_whole) {
  auto ledger = ledger_of(SYS_fsync, 80 * ms, 7);
  ledger.user = 15 * ms;
  ledger.run_queue = 5 * ms;
  const auto explained = explain(
      ledger,
      [](const auto&) {
        return call_object{"/var/lib/db", "/var/lib/db"};
      },
      {}, 50ms);
  ASSERT_EQ(explained.ledger.size(), 3U);
  EXPECT_EQ(explained.ledger[0],
            (ledger_share{share_kind::system_call, "fsync", "/var/lib/db", 80ms}));
  std::chrono::nanoseconds sum{};
  for (const auto& share : explained.ledger) sum += share.time;
  EXPECT_EQ(sum, length_of(ledger));
  EXPECT_EQ(explained.cause, "file sync");
  EXPECT_EQ(explained.detail, "fsync of /var/lib/db");
}

TEST(stretch_ledger, divides_cpu_time_where_no_call_was_watched_as_the_clocks_looks_at_it_were) {
  kernel_side::slice_ledger ledger{};
  ledger.user = 10 * ms;
  ledger.cpu = 90 * ms;
  ledger.user_ticks = 2;
  ledger.kernel_ticks = 1;
  const auto explained = explain(ledger, nothing, {}, 50ms);
  ASSERT_EQ(explained.ledger.size(), 2U);
  EXPECT_EQ(explained.ledger[0], (ledger_share{.kind = share_kind::user_cpu, .time = 70ms}));
  EXPECT_EQ(explained.ledger[1], (ledger_share{.kind = share_kind::kernel_cpu, .time = 30ms}));
  EXPECT_EQ(explained.cause, "computing");
  ledger.user_ticks = ledger.kernel_ticks = 0;
  EXPECT_EQ(explain(ledger, nothing, {}, 50ms).ledger[0],
            (ledger_share{.kind = share_kind::cpu, .time = 90ms}));
}

TEST(stretch_ledger, names_causes_in_the_loop_monitors_words) {
  EXPECT_EQ(explain(ledger_of(SYS_clock_nanosleep, 100 * ms), nothing, {}, 50ms).cause, "sleeping");
  EXPECT_EQ(explain(ledger_of(SYS_futex, 100 * ms, 4096, 128, 2), nothing, {}, 50ms).cause,
            "a mutex");
  EXPECT_EQ(explain(ledger_of(SYS_futex, 100 * ms, 4096, 0x189, 0), nothing, {}, 50ms).cause,
            "a condition variable");
  kernel_side::slice_ledger computing{};
  computing.user = 100 * ms;
  EXPECT_EQ(explain(computing, nothing, {}, 50ms).cause, "computing");
  kernel_side::slice_ledger starved{};
  starved.user = 30 * ms;
  starved.run_queue = 90 * ms;
  EXPECT_EQ(explain(starved, nothing, {}, 50ms).cause, "waiting for a CPU");
  starved.user = 60 * ms;  // too long by itself
  EXPECT_EQ(explain(starved, nothing, {}, 50ms).cause, "computing");
  kernel_side::slice_ledger stopped{};
  stopped.stopped = 90 * ms;
  EXPECT_EQ(explain(stopped, nothing, {}, 50ms).cause, "stopped");
  kernel_side::slice_ledger faulting{};
  faulting.fault = 90 * ms;
  EXPECT_EQ(explain(faulting, nothing, {}, 50ms).cause, "page faults");
}

TEST(stretch_ledger, knows_a_sockets_read_from_a_files) {
  const auto ledger = ledger_of(SYS_read, 100 * ms, 5);
  const auto socket = explain(
      ledger,
      [](const auto&) {
        return call_object{"tcp 127.0.0.1:5432", "socket:[1]"};
      },
      {}, 50ms);
  EXPECT_EQ(socket.cause, "socket I/O");
  EXPECT_EQ(socket.detail, "read of tcp 127.0.0.1:5432");
}

TEST(stretch_ledger, knows_a_name_lookup_by_its_function) {
  std::vector<profile_frame> stack(2);
  stack[0].function = "poll";
  stack[1].function = "getaddrinfo";
  EXPECT_EQ(explain(ledger_of(SYS_poll, 100 * ms), nothing, stack, 50ms).cause, "name lookup");
}

TEST(stretch_ledger, knows_a_call_that_was_interrupted_by_the_function_that_made_it) {
  std::vector<profile_frame> stack(1);
  const auto ledger = ledger_of(SYS_restart_syscall, 100 * ms);
  EXPECT_EQ(explain(ledger, nothing, stack, 50ms).cause, "a system call");
  stack[0].function = "__GI___clock_nanosleep";
  const auto explained = explain(ledger, nothing, stack, 50ms);
  EXPECT_EQ(explained.cause, "sleeping");
  EXPECT_EQ(explained.ledger[0].call, "clock_nanosleep");
}

TEST(own_time, leaves_out_what_the_machine_did) {
  blocked_stretch stretch{.duration = 100ms};
  stretch.ledger = {{share_kind::run_queue, "", "", 60ms},
                    {share_kind::user_cpu, "", "", 30ms},
                    {share_kind::stopped, "", "", 10ms}};
  EXPECT_EQ(stretch.own_time(), 30ms);
}

// As /proc/net/tcp and unix of a Linux 6 machine look.
constexpr std::string_view tcp_table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n"
    "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   107        0 "
    "100 1\n"
    "   1: 0100007F:C350 0100007F:1538 01 00000000:00000000 00:00000000 00000000     0        0 "
    "200 1\n";
constexpr std::string_view unix_table =
    "Num       RefCount Protocol Flags    Type St Inode Path\n"
    "0000000000000000: 00000002 00000000 00010000 0001 01 300 /run/db.sock\n"
    "0000000000000000: 00000003 00000000 00000000 0001 03 301\n";

TEST(descriptor_names, say_who_is_at_the_other_end) {
  EXPECT_EQ(find_inet_socket(tcp_table, "tcp", 200), "tcp 127.0.0.1:5432");
  EXPECT_EQ(find_inet_socket(tcp_table, "tcp", 100), "tcp listening at 127.0.0.1:5432");
  EXPECT_EQ(find_inet_socket(tcp_table, "tcp", 1), std::nullopt);
  EXPECT_EQ(find_unix_socket(unix_table, 300), "unix /run/db.sock");
  EXPECT_EQ(find_unix_socket(unix_table, 301), "unix");
  EXPECT_EQ(find_unix_socket("", 301), std::nullopt);
}

TEST(profiled_target, is_told_what_it_cannot_be) {
  target_facts facts{.name = "x", .process = 7, .parent = 3};
  EXPECT_EQ(target_problem(7, facts), std::nullopt);
  EXPECT_THAT(target_problem(8, facts).value(), testing::HasSubstr("--pid 7"));
  facts.state = 'Z';
  EXPECT_THAT(target_problem(7, facts).value(), testing::HasSubstr("parent 3"));
  facts.kernel_thread = true;
  EXPECT_THAT(target_problem(7, facts).value(), testing::HasSubstr("kernel"));
}

TEST(profiled_target, reads_names_with_blanks_and_parentheses) {
  const auto facts = parse_target(
      "Name:\ta) b (c\nState:\tS (sleeping)\nTgid:\t7\nPPid:\t3\nUid:\t33\t33\t33\t33\n",
      "7 (a) b (c) S 3 7 7 0 -1 2129984 0");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->name, "a) b (c");
  EXPECT_EQ(facts->user, 33U);
  EXPECT_EQ(facts->state, 'S');
  EXPECT_TRUE(facts->kernel_thread);
  EXPECT_EQ(parse_target("", ""), std::nullopt);
}

TEST(thread_samples, come_from_schedstat) {
  thread_sample sample;
  ASSERT_TRUE(parse_schedstat("1500 20 3\n", sample));
  EXPECT_EQ(sample.cpu, 1500ns);
  EXPECT_EQ(sample.run_queue, 20ns);
  EXPECT_EQ(sample.runs, 3U);
  EXPECT_FALSE(parse_schedstat("", sample));
}

TEST(thread_kinds, follow_from_how_much_a_thread_ran) {
  EXPECT_EQ(kind_of_thread({.watched = 10s, .cpu = 1ms}), thread_kind::idle);
  EXPECT_EQ(kind_of_thread({.watched = 10s, .cpu = 1s}), thread_kind::worker);
  EXPECT_EQ(kind_of_thread({.watched = 10s, .cpu = 8s, .run_queue = 2s}), thread_kind::busy);
}

TEST(stretch_list, counts_those_it_has_no_room_for_with_longer_ones) {
  stretch_list list(2);
  for (const auto length : {100ms, 300ms, 200ms, 400ms}) {
    list.add({.duration = length, .loop = "epoll 5", .cause = "sleeping"});
  }
  const auto kept = list.of("epoll 5");
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].duration, 400ms);
  EXPECT_EQ(kept[0].suppressed + kept[1].suppressed, 2U);
  EXPECT_EQ(kept[0].duration + kept[1].duration + kept[0].suppressed_time + kept[1].suppressed_time,
            1s);
  EXPECT_TRUE(list.of("epoll 6").empty());
}

TEST(slice_stacks, give_the_one_of_where_the_time_went) {
  slice_stacks stacks;
  EXPECT_FALSE(stacks.best_for(ledger_of(SYS_fsync, 50 * ms)));
  const auto take = [&](const char* name, std::uint64_t waited, long call, bool there) {
    profile_frame frame;
    frame.function = name;
    stacks.add({.waited = waited,
                .call = static_cast<std::int32_t>(call),
                .there = there,
                .stack = {.frames = {frame}, .complete = true, .note = {}}});
  };
  const auto best = [&](const kernel_side::slice_ledger& ledger) {
    return stacks.best_for(ledger)->frames.front().function;
  };
  take("read", 30 * ms, SYS_read, true);
  take("fsync, seen from its end", 50 * ms, SYS_fsync, false);
  take("computing", 0, kernel_side::no_call, true);
  auto ledger = ledger_of(SYS_fsync, 50 * ms);
  EXPECT_EQ(best(ledger), "fsync, seen from its end");
  take("fsync", 40 * ms, SYS_fsync, true);
  EXPECT_EQ(best(ledger), "fsync");
  ledger.user = 60 * ms;
  EXPECT_EQ(best(ledger), "computing");
}

}  // namespace
}  // namespace regatta::profiling
