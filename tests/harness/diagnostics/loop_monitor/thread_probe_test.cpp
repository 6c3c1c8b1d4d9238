// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostics/loop_monitor/thread_probe.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <latch>
#include <thread>

namespace regatta::internal {
namespace {

using state = thread_look::state;

TEST(ThreadProbe, ReadsAThreadThatRuns) {
  const auto look = parse_syscall_file("running\n");
  ASSERT_TRUE(look);
  EXPECT_EQ(look->now, state::running);
}

TEST(ThreadProbe, ReadsAThreadThatWaitsInACall) {
  const auto look = parse_syscall_file(
      "232 0x4 0x7ffe00 0x80 0xffffffffffffffff 0x0 0x8 0x7ffcf9bc18b8 0x7f44343143d3\n");
  ASSERT_TRUE(look);
  EXPECT_EQ(look->now, state::in_call);
  EXPECT_EQ(look->call, 232);
  EXPECT_EQ(look->argument[0], 4U);
  EXPECT_EQ(look->argument[3], ~std::uint64_t{0});
  EXPECT_EQ(look->stack, 0x7ffcf9bc18b8U);
  EXPECT_EQ(look->code, 0x7f44343143d3U);
}

TEST(ThreadProbe, ReadsAThreadThatWaitsForAPage) {
  const auto look = parse_syscall_file("-1 0x7ffcf9bc18b8 0x7f44343143d3\n");
  ASSERT_TRUE(look);
  EXPECT_EQ(look->now, state::waits);
  EXPECT_EQ(look->stack, 0x7ffcf9bc18b8U);
}

TEST(ThreadProbe, RefusesWhatIsNoSyscallFile) {
  for (const char* text : {"", "\n", "blocked\n", "1 2 3\n", "1 0xg 0 0 0 0 0 0 0\n", "-1\n"}) {
    EXPECT_FALSE(parse_syscall_file(text)) << text;
  }
}

TEST(ThreadProbe, SeesAnotherThreadWaitAndEnd) {
  std::latch begun(1), ends(1);
  pid_t id = 0;
  std::jthread other([&] {
    id = ::gettid();
    begun.count_down();
    ends.wait();
  });
  begun.wait();
  const thread_probe probe(id);
  std::optional<thread_look> look;
  do {
    look = probe.look();
    ASSERT_TRUE(look);
  } while (look->now == state::running);
  EXPECT_EQ(look->call, SYS_futex);
  EXPECT_GT(probe.usage().cpu.count(), 0);
  EXPECT_FALSE(probe.name().empty());
  EXPECT_GT(probe.waits(), 0U);
  ends.count_down();
  other.join();
  while (probe.look()) {  // the kernel buries it soon
  }
  EXPECT_EQ(probe.usage().cpu.count(), 0);
}

}  // namespace
}  // namespace regatta::internal
