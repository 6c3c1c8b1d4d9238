// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/process_usage.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <thread>

#include "harness/platform/process_text.hpp"
#include "tests/harness/platform/fake_tree.hpp"
#include "tests/support/sanitizers.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;

constexpr const char* stat_of_71 =
    "71 (a ) S (b) R 7 71 71 0 -1 4194560 836 11 2 3 47 5 1 2 20 0 4 0 999 1 2 3\n";

TEST(ProcessStat, SurvivesANameWithBrackets) {
  EXPECT_EQ(parse_process_stat(stat_of_71), (process_stat{7, 836, 2, 47, 5}));
}

TEST(ProcessStat, CutOffTextIsUnknown) {
  EXPECT_EQ(parse_process_stat(""), std::nullopt);
  EXPECT_EQ(parse_process_stat("71 (name"), std::nullopt);
  EXPECT_EQ(parse_process_stat("71 (name) S 1 2 3"), std::nullopt);
}

TEST(ProcessUsage, WithoutAClockCpuTimeIsInTicks) {
  const auto usage = usage_from({7, 836, 2, 47, 5}, 100, std::nullopt);
  EXPECT_EQ(usage.user, 470ms);
  EXPECT_EQ(usage.system, 50ms);
  EXPECT_EQ(usage.minor_faults, 836U);
  EXPECT_EQ(usage.major_faults, 2U);
}

TEST(ProcessUsage, WithAClockTheSumIsExactAndTheSplitFollowsTheTicks) {
  const auto usage = usage_from({7, 0, 0, 3, 1}, 100, 44ms + 1ns);
  EXPECT_EQ(usage.cpu(), 44ms + 1ns);
  EXPECT_EQ(usage.system, 11ms);
  EXPECT_EQ(usage_from({7, 0, 0, 0, 0}, 100, 9ms).user, 9ms) << "before the first tick";
}

TEST(ProcessUsage, AddsAndSubtractsFieldByField) {
  const process_usage a{5ms, 3ms, 10, 4, 100, 1};
  const process_usage b{2ms, 1ms, 7, 3, 60, 1};
  EXPECT_EQ((a - b), (process_usage{3ms, 2ms, 3, 1, 40, 0}));
  EXPECT_EQ((a - b) + b, a);
  EXPECT_EQ((b - a).voluntary_switches, 0U) << "threads that ended took their counts along";
}

TEST(ProcessUsage, OwnUsageGrowsWithWork) {
  const auto before = own_usage();
  constexpr std::size_t size = 4 << 20;
  void* fresh = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(fresh, MAP_FAILED);
  for (std::size_t i = 0; i < size; i += 4096) static_cast<volatile char*>(fresh)[i] = 1;
  ::munmap(fresh, size);
  const auto used = own_usage() - before;
  EXPECT_GE(used.cpu(), 0ns);
  EXPECT_GT(used.minor_faults, 0U);
}

TEST(ProcessUsage, OfOwnThreadsIsPickedOutByName) {
  std::promise<void> worked;
  std::promise<void> end;
  std::jthread named([&, ended = end.get_future()]() mutable {
    ::pthread_setname_np(::pthread_self(), "picked-out");
    volatile unsigned sum = 0;
    for (unsigned i = 0; i < 20'000'000; ++i) sum = sum + i;
    worked.set_value();
    ended.wait();
  });
  worked.get_future().wait();
  const process_usage its = usage_of_own_threads("picked-");
  EXPECT_GT(its.cpu(), 1ms);
  EXPECT_LE(its.cpu(), own_usage().cpu() + 1ms);
  EXPECT_EQ(usage_of_own_threads("nobody"), process_usage());
  end.set_value();
}

TEST(ProcessUsage, AnotherProcessIsReadWhileItLivesAndUnknownAfter) {
  const auto own = usage_of(::getpid());
  ASSERT_TRUE(own);
  EXPECT_GT(own->cpu(), 0ns);
  EXPECT_GT(own->minor_faults, 0U);

  int hold[2];
  ASSERT_EQ(::pipe(hold), 0);
  const pid_t pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    ::close(hold[1]);
    char end = 0;
    (void)!::read(hold[0], &end, 1);  // until the parent closes its end
    ::_exit(0);
  }
  ::close(hold[0]);
  EXPECT_TRUE(usage_of(pid));
  const auto memory = memory_of(pid);
  ASSERT_TRUE(memory);
  // ThreadSanitizer starts a thread of its own in the child, now or a little later.
  EXPECT_LE(memory->threads, test::sanitized ? 2U : 1U);
  EXPECT_GT(memory->peak_resident_bytes, 0U);
  const auto family = descendants_of(::getpid());
  EXPECT_NE(std::find(family.begin(), family.end(), pid), family.end());

  const auto before = ended_children_usage();
  ::close(hold[1]);
  ::waitpid(pid, nullptr, 0);
  EXPECT_GT((ended_children_usage() - before).minor_faults, 0U);
  EXPECT_EQ(usage_of(pid), std::nullopt);
  EXPECT_EQ(memory_of(pid), std::nullopt);
  EXPECT_TRUE(descendants_of(pid).empty());
}

TEST(ProcessMemory, IsReadFromStatusAndRollup) {
  constexpr const char* status = "Name:\tx\nVmHWM:\t  1672 kB\nVmPTE:\t 40 kB\nThreads:\t3\n";
  process_memory expected{.peak_resident_bytes = 1672 * 1024,
                          .proportional_bytes = std::nullopt,
                          .page_table_bytes = 40 * 1024,
                          .threads = 3,
                          .kernel_stack_bytes = 3 * 16 * 1024};
  EXPECT_EQ(parse_process_memory(status, std::nullopt), expected);
  expected.proportional_bytes = 512 * 1024;
  EXPECT_EQ(parse_process_memory(status, "Rss: 900 kB\nPss: 512 kB\nPss_Anon: 1 kB\n"), expected);
}

TEST(ProcessMemory, AZombieHasNone) {
  EXPECT_EQ(parse_process_memory("Name:\tx\nState:\tZ (zombie)\nThreads:\t1\n", std::nullopt),
            std::nullopt);
}

void put_process(const testing::fake_tree& tree, int pid, int parent) {
  tree.put("proc/" + std::to_string(pid) + "/stat",
           std::to_string(pid) + " (p) S " + std::to_string(parent) +
               " 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0\n");
}

TEST(Descendants, AreFoundByScanningParents) {
  const testing::fake_tree tree;
  put_process(tree, 10, 1);
  put_process(tree, 11, 10);
  put_process(tree, 12, 11);
  put_process(tree, 13, 1);
  tree.put("proc/meminfo", "");
  EXPECT_EQ(descendants_of(10, tree.root() / "proc"), (std::vector<pid_t>{11, 12}));
  EXPECT_EQ(descendants_of(12, tree.root() / "proc"), std::vector<pid_t>{});
}

TEST(Descendants, AreTakenFromTheChildrenOfEveryThreadWhereTheKernelListsThem) {
  const testing::fake_tree tree;
  tree.put("proc/10/task/10/children", "11 12 ");
  tree.put("proc/10/task/20/children", "13");
  tree.put("proc/11/task/11/children", "");
  tree.put("proc/12/task/12/children", "14 ");
  tree.put("proc/13/task/13/children", "");
  tree.put("proc/14/task/14/children", "");
  auto found = descendants_of(10, tree.root() / "proc");
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<pid_t>{11, 12, 13, 14}));
}

}  // namespace
}  // namespace regatta
