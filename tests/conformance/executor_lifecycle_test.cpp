// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <memory>
#include <set>
#include <thread>

#include "tests/conformance/executor_laws.hpp"
#include "tests/support/children.hpp"
#include "tests/support/sanitizers.hpp"

// Cancelling, shutting down, what is left behind, and calls that use their own executor.

namespace regatta::test {
namespace {

using ExecutorLifecycle = ExecutorLaws;
INSTANTIATE_TEST_SUITE_P(Laws, ExecutorLifecycle, testing::ValuesIn(executor_names()), law_name);

TEST_P(ExecutorLifecycle, ACallThatHasNotBegunIsCancelledAndNeverRuns) {
  NEEDS_A_PENDING_CALL();
  const temporary_directory here;
  const std::string file = (here.path() / "never").string();
  {
    const gate closed;
    executor ex = make(1);
    const auto busy = ex.submit(pass, closed.path());
    closed.await_begun();
    auto never = ex.submit(leave_file, file);
    EXPECT_FALSE(never.done());
    EXPECT_FALSE(never.running());
    EXPECT_TRUE(never.cancel());
    EXPECT_TRUE(never.cancel()) << "still so";
    EXPECT_TRUE(never.cancelled());
    EXPECT_TRUE(never.done());
    EXPECT_THROW(never.result(), cancelled_error);
    EXPECT_THROW((void)never.exception(), cancelled_error);
    closed.open();
    EXPECT_GT(busy.result(), 0);
    EXPECT_EQ(ex.submit(twice, 1).result(), 2) << "the executor goes on";
  }
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_P(ExecutorLifecycle, ACallThatHasBegunIsRunningAndCannotBeCancelled) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make();
  auto busy = ex.submit(pass, closed.path());
  closed.await_begun();
  EXPECT_TRUE(busy.running());
  EXPECT_FALSE(busy.done());
  EXPECT_FALSE(busy.cancel());
  EXPECT_FALSE(busy.cancelled());
  closed.open();
  EXPECT_GT(busy.result(), 0);
  EXPECT_FALSE(busy.running());
}

TEST_P(ExecutorLifecycle, WhatIsDoneCannotBeCancelled) {
  executor ex = make();
  auto done = ex.submit(twice, 2);
  done.result();
  EXPECT_FALSE(done.cancel());
  EXPECT_EQ(done.result(), 4);
}

TEST_P(ExecutorLifecycle, ArgumentsOfACancelledCallAreFreedAtOnce) {
  NEEDS_A_PENDING_CALL();
  if (in_processes()) GTEST_SKIP() << "a shared_ptr does not travel";
  const gate closed;
  executor ex = make(1);
  const auto busy = ex.submit(pass, closed.path());
  closed.await_begun();
  auto held = std::make_shared<int>(1);
  auto never = ex.submit([](const std::shared_ptr<int>& value) { return *value; }, held);
  EXPECT_EQ(held.use_count(), 2);
  never.cancel();
  EXPECT_EQ(held.use_count(), 1);
  closed.open();
}

TEST_P(ExecutorLifecycle, AsManyCallsRunAtATimeAsThereAreWorkers) {
  NEEDS_A_PENDING_CALL();
  if (info().one_at_a_time) GTEST_SKIP() << "one at a time";
  const gate first;
  const gate second;
  executor ex = make(2);
  const auto a = ex.submit(pass, first.path());
  const auto b = ex.submit(pass, second.path());
  first.await_begun();
  second.await_begun();
  const auto c = ex.submit(twice, 1);
  EXPECT_TRUE(a.running());
  EXPECT_TRUE(b.running());
  EXPECT_FALSE(c.running() || c.done());
  first.open();
  second.open();
  EXPECT_EQ(c.result(), 2);
}

TEST_P(ExecutorLifecycle, SubmitAfterShutdownThrows) {
  executor ex = make();
  const auto before = ex.submit(twice, 1);
  ex.shutdown();
  EXPECT_TRUE(before.done()) << "shutdown() waits";
  EXPECT_THROW((void)ex.submit(twice, 1), executor_shut_down);
  EXPECT_THROW((void)ex.map(twice, std::vector{1}), executor_shut_down);
  ex.shutdown();  // again, and nothing happens
}

TEST_P(ExecutorLifecycle, ShutdownWithoutWaitingLetsEverythingFinish) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make(1);
  const auto busy = ex.submit(pass, closed.path());
  const auto behind = ex.submit(twice, 1);
  closed.await_begun();
  ex.shutdown(false);
  EXPECT_FALSE(busy.done());
  EXPECT_THROW((void)ex.submit(twice, 1), executor_shut_down);
  closed.open();
  EXPECT_GT(busy.result(), 0);
  EXPECT_EQ(behind.result(), 2);
}

TEST_P(ExecutorLifecycle, ShutdownCancelsWhatHasNotBegunIfItIsToldTo) {
  NEEDS_A_PENDING_CALL();
  const gate closed;
  executor ex = make(1);
  const auto busy = ex.submit(pass, closed.path());
  closed.await_begun();
  std::vector<future<int>> pending;
  for (int i = 0; i < 20; ++i) pending.push_back(ex.submit(twice, i));
  ex.shutdown(false, true);
  for (const auto& each : pending) EXPECT_TRUE(each.cancelled());
  EXPECT_TRUE(busy.running());
  closed.open();
  EXPECT_GT(busy.result(), 0);
}

TEST_P(ExecutorLifecycle, TheEndOfAnExecutorWaitsForItsCallsAndFuturesOutliveIt) {
  std::vector<future<int>> answers;
  {
    executor ex = make();
    for (int i = 0; i < 100; ++i) answers.push_back(ex.submit(twice, i));
  }
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(answers[i].done());
    ASSERT_EQ(answers[i].result(), 2 * i);
  }
}

TEST_P(ExecutorLifecycle, NoProcessAndNoThreadIsLeftBehind) {
  const auto threads = [] { return memory_of(::getpid())->threads; };
  const auto use_one = [] {
    executor ex = make(3);
    ex.map(twice, std::vector<int>(30, 1)).to_vector();
  };
  if (GetParam().find("tbb") != std::string::npos) use_one();  // oneTBB keeps threads for the next
  const auto children = all_children();
  const unsigned before = threads();
  for (int i = 0; i < 3; ++i) use_one();
  EXPECT_EQ(all_children(), children);
  // A thread that was joined is counted by the kernel for some microseconds more.
  const auto patience = std::chrono::steady_clock::now() + 5s;
  while (threads() > before && std::chrono::steady_clock::now() < patience) {
    std::this_thread::yield();
  }
  EXPECT_LE(threads(), before);
}

TEST_P(ExecutorLifecycle, CallbacksOfAnExecutorWithOneEventLoopShareItsThread) {
  if (!in_processes() && !GetParam().starts_with("coroutine")) GTEST_SKIP() << "it has none";
  if (GetParam() == "coroutine-mt") GTEST_SKIP() << "it has several";
  std::set<std::thread::id> where;  // no mutex: that is the promise
  int calls = 0;
  const std::array<gate, 3> gates;
  executor ex = make(info().one_at_a_time ? 1 : 2);
  for (const gate& each : gates) {
    ex.submit(pass, each.path()).add_done_callback([&](const auto&) {
      ++calls;
      where.insert(std::this_thread::get_id());
    });
  }
  for (const gate& each : gates) {
    each.await_begun();
    each.open();
  }
  ex.shutdown();
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(where.size(), 1U);
  EXPECT_FALSE(where.contains(std::this_thread::get_id()));
}

TEST_P(ExecutorLifecycle, SeveralExecutorsLiveSideBySide) {
  executor first = make();
  executor second = make(1);
  executor moved = std::move(first);
  EXPECT_EQ(moved.submit(twice, 1).result() + second.submit(twice, 2).result(), 6);
}

TEST_P(ExecutorLifecycle, ACallMaySubmitToItsOwnExecutorAndWaitForIt) {
  if (in_processes()) GTEST_SKIP() << "a call in another process has no access to it";
  executor ex = make(1);  // the waiting call has the only worker there is
  const auto nested = [&ex](int depth) {
    const auto descend = [&ex](const auto& self, int left) -> int {
      if (left == 0) return 1;
      return 1 + ex.submit(self, self, left - 1).result();
    };
    return descend(descend, depth);
  };
  EXPECT_EQ(ex.submit(nested, 10).result(), 11);
}

TEST_P(ExecutorLifecycle, ACallMayWaitForManyOfItsOwnExecutor) {
  if (in_processes()) GTEST_SKIP() << "a call in another process has no access to it";
  executor ex = make(1);
  const auto sum_of = [&ex] {
    std::vector<future<int>> parts;
    for (int i = 0; i < 10; ++i) parts.push_back(ex.submit(twice, i));
    wait(parts);
    int sum = 0;
    for (const auto& each : as_completed(parts)) sum += each.result();
    for (const int each : ex.map(twice, std::vector{1, 2, 3}, {.chunk = 2})) sum += each;
    return sum;
  };
  EXPECT_EQ(ex.submit(sum_of).result(), 102);
}

TEST_P(ExecutorLifecycle, AWaitThatWouldNeverEndThrowsInstead) {
  // The callback is on the one thread that could finish what it waits for.
  const std::string name = GetParam();
  if (!name.starts_with("coroutine") && !in_processes()) GTEST_SKIP() << "callbacks run anywhere";
  if (name == "coroutine-mt") GTEST_SKIP() << "another loop may finish it";
  NEEDS_A_PENDING_CALL();
  const gate first;
  const gate second;
  executor ex = make(info().one_at_a_time ? 1 : 2);
  if (info().one_at_a_time) GTEST_SKIP() << "nothing else can have begun; the rest is helped";
  const auto other = ex.submit(pass, second.path());
  second.await_begun();
  const auto quick = ex.submit(pass, first.path());
  first.await_begun();
  std::atomic<bool> refused{false};
  quick.add_done_callback([&](const auto&) {
    try {
      other.result();
    } catch (const std::logic_error& error) {
      refused = std::string(error.what()).find("would never end") != std::string::npos;
    }
  });
  first.open();
  quick.result();
  second.open();
  ex.shutdown();
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace regatta::test
