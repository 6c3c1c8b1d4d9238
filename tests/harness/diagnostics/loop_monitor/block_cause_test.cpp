// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/block_cause.hpp"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#include <numeric>

namespace regatta::internal {
namespace {

using namespace std::chrono_literals;

seen_wait waiting_in(long call, unsigned times = 10) {
  return {
      .look = {.now = thread_look::state::in_call, .call = call}, .descriptor = "", .times = times};
}

seen_wait waiting_for_futex(std::uint64_t command, std::uint64_t value) {
  seen_wait wait = waiting_in(SYS_futex);
  wait.look.argument[1] = command;
  wait.look.argument[2] = value;
  return wait;
}

stretch_evidence stretch_of(std::chrono::nanoseconds duration) {
  stretch_evidence evidence;
  evidence.duration = duration;
  evidence.fault_cost = 1us;
  return evidence;
}

std::chrono::nanoseconds sum(const std::vector<block_share>& shares) {
  return std::accumulate(shares.begin(), shares.end(), 0ns,
                         [](auto total, const auto& share) { return total + share.time; });
}

TEST(BlockCause, TimeOnACpuIsComputing) {
  stretch_evidence evidence = stretch_of(100ms);
  evidence.cpu = 95ms;
  const cause_found found = find_cause(evidence);
  EXPECT_EQ(found.cause, block_cause::computing);
  EXPECT_EQ(sum(found.shares), 100ms);
}

TEST(BlockCause, AQuarterOfTheCpuTimeByThePriceOfFaultsIsPageFaults) {
  stretch_evidence evidence = stretch_of(100ms);
  evidence.cpu = 100ms;
  evidence.faults = 30'000;
  EXPECT_EQ(find_cause(evidence).cause, block_cause::page_faults);
  evidence.faults = 20'000;
  EXPECT_EQ(find_cause(evidence).cause, block_cause::computing);
}

TEST(BlockCause, TheKernelsWorkInASyncIsFileSync) {
  stretch_evidence evidence = stretch_of(100ms);
  evidence.cpu = 70ms;
  evidence.waits = {waiting_in(SYS_fsync)};
  evidence.stack = {{.address = 1, .function = "__GI_fsync", .place = {}}};
  EXPECT_EQ(find_cause(evidence).cause, block_cause::file_sync);
  evidence.stack[0].function = "sync_nothing";
  EXPECT_EQ(find_cause(evidence).cause, block_cause::computing);
}

TEST(BlockCause, AWaitIsNamedAfterItsCall) {
  const std::pair<long, block_cause> expected[] = {
      {SYS_clock_nanosleep, block_cause::sleeping}, {SYS_fsync, block_cause::file_sync},
      {SYS_connect, block_cause::connecting},       {SYS_wait4, block_cause::child},
      {SYS_recvfrom, block_cause::socket_io},       {SYS_getrandom, block_cause::other_call}};
  for (const auto& [call, cause] : expected) {
    stretch_evidence evidence = stretch_of(100ms);
    evidence.waits = {waiting_in(call)};
    EXPECT_EQ(find_cause(evidence).cause, cause) << call_name(call);
  }
}

TEST(BlockCause, AReadIsOfAFileOrOfASocket) {
  seen_wait wait = waiting_in(SYS_read);
  wait.descriptor = "/var/lib/db";
  EXPECT_EQ(cause_of_wait(wait), block_cause::file_access);
  wait.descriptor = "socket:[123]";
  EXPECT_EQ(cause_of_wait(wait), block_cause::socket_io);
}

TEST(BlockCause, AMutexIsToldFromACondition) {
  EXPECT_EQ(cause_of_wait(waiting_for_futex(FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2)),
            block_cause::mutex);
  EXPECT_EQ(cause_of_wait(waiting_for_futex(FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0)),
            block_cause::condition);
  EXPECT_EQ(cause_of_wait(waiting_for_futex(FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 2)),
            block_cause::condition);
  EXPECT_EQ(cause_of_wait(waiting_for_futex(FUTEX_LOCK_PI, 0)), block_cause::mutex);
}

TEST(BlockCause, ANameLookupIsKnownByItsFunction) {
  stretch_evidence evidence = stretch_of(100ms);
  evidence.waits = {waiting_in(SYS_ppoll)};
  evidence.stack = {{.address = 1, .function = "ppoll", .place = {}},
                    {.address = 2, .function = "__GI_getaddrinfo", .place = {}}};
  EXPECT_EQ(find_cause(evidence).cause, block_cause::name_lookup);
}

TEST(BlockCause, TheLargestShareIsTheCauseAndAllSharesSumToTheDuration) {
  stretch_evidence evidence = stretch_of(100ms);
  evidence.cpu = 20ms;
  evidence.cpu_wait = 30ms;
  evidence.waits = {waiting_in(SYS_fsync, 3), waiting_in(SYS_clock_nanosleep, 7)};
  const cause_found found = find_cause(evidence);
  EXPECT_EQ(found.cause, block_cause::sleeping);
  EXPECT_EQ(sum(found.shares), 100ms);
  EXPECT_EQ(found.shares.front(), (block_share{"clock_nanosleep", 35ms}));
}

TEST(BlockCause, AWaitNearlyAsLongAsTheCpuTimeIsTheCause) {
  stretch_evidence evidence = stretch_of(100ms);
  evidence.cpu = 55ms;
  evidence.waits = {waiting_in(SYS_fsync)};
  EXPECT_EQ(find_cause(evidence).cause, block_cause::file_sync);
  evidence.cpu = 65ms;
  EXPECT_EQ(find_cause(evidence).cause, block_cause::computing);
}

TEST(BlockCause, WaitingForACpuIsACauseOnlyWhereThereIsNoOther) {
  stretch_evidence evidence = stretch_of(100ms);
  evidence.cpu_wait = 80ms;
  evidence.cpu = 20ms;
  EXPECT_EQ(find_cause(evidence).cause, block_cause::computing);
  evidence.cpu_wait = 100ms;
  evidence.cpu = 0ms;
  EXPECT_EQ(find_cause(evidence).cause, block_cause::cpu_wait);
}

TEST(BlockCause, ClocksThatDisagreeGiveNoNegativeShare) {
  stretch_evidence evidence = stretch_of(10ms);
  evidence.cpu = 12ms;
  evidence.cpu_wait = 5ms;
  evidence.waits = {waiting_in(SYS_fsync)};
  const cause_found found = find_cause(evidence);
  EXPECT_EQ(sum(found.shares), 10ms);
  for (const block_share& share : found.shares) EXPECT_GT(share.time, 0ns);
}

TEST(BlockCause, TheFileIsNamed) {
  stretch_evidence evidence = stretch_of(100ms);
  evidence.waits = {waiting_in(SYS_fsync)};
  evidence.waits[0].descriptor = "/var/lib/db";
  EXPECT_EQ(find_cause(evidence).detail, "fsync of /var/lib/db");
}

}  // namespace
}  // namespace regatta::internal
