// SPDX-License-Identifier: Apache-2.0
// The mixin, through regatta's own coroutine type, and through one that spells everything out.
#include "harness/diagnostics/task_tracker/tracked_promise.hpp"

#include <gtest/gtest.h>

#include <coroutine>
#include <exception>
#include <utility>

#include "harness/diagnostics/task_tracker/tasks.hpp"
#include "harness/tasks/async_task.hpp"
#include "tests/harness/diagnostics/task_tracker/collected_reports.hpp"

namespace regatta {
namespace {

// Suspends, and keeps who is to be resumed.
struct doorbell {
  std::coroutine_handle<> waiting;
  auto operator co_await() {
    struct awaiter {
      doorbell& bell;
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<> self) noexcept { bell.waiting = self; }
      void await_resume() noexcept {}
    };
    return awaiter{*this};
  }
};

async_task<int> seven() { co_return 7; }
constexpr unsigned bell_line = __LINE__ + 2;
async_task<int> waits(doorbell& bell) {
  co_await bell;
  co_return 1;
}
constexpr unsigned outer_line = __LINE__ + 2;
async_task<void> outer(doorbell& bell, int& sum) {
  sum += co_await waits(bell);
  sum += co_await seven();
}

TEST(TrackedPromise, ATaskThatIsNeverAwaitedIsReportedWithItsLine) {
  collected_reports reports;
  const unsigned line = __LINE__ + 1;
  { const auto forgotten = seven(); }
  ASSERT_EQ(reports.get().size(), 1U);
  const task_report report = reports.get().front();
  EXPECT_EQ(report.finding, task_finding::never_awaited);
  EXPECT_TRUE(is_at(report.task.created, __FILE__, line)) << report.message;
}

TEST(TrackedPromise, ATaskDestroyedWhilePendingIsReportedWithTheLinesItStoodAt) {
  collected_reports reports;
  doorbell bell;
  int sum = 0;
  {
    const auto task = outer(bell, sum);
    task.handle().resume();
  }
  ASSERT_EQ(reports.get().size(), 1U);
  const task_report report = reports.get().front();
  EXPECT_EQ(report.finding, task_finding::destroyed_pending);
  EXPECT_TRUE(is_at(report.task.awaiting, __FILE__, outer_line)) << report.message;
  ASSERT_EQ(report.stood_in.size(), 1U);
  EXPECT_TRUE(is_at(report.stood_in[0].awaiting, __FILE__, bell_line));
}

TEST(TrackedPromise, ATaskThatRunsToItsEndIsShownMeanwhileAndNotReported) {
  collected_reports reports;
  doorbell bell;
  int sum = 0;
  {
    const auto task = outer(bell, sum);
    task.handle().resume();
    const auto all = tasks();
    ASSERT_EQ(all.size(), 2U) << format_task_tree(all);
    EXPECT_EQ(all[1].awaiter, all[0].serial);
    EXPECT_EQ(current_task(), 0U);
    bell.waiting.resume();
    EXPECT_EQ(sum, 8);
    EXPECT_EQ(current_task(), 0U);
  }
  EXPECT_TRUE(tasks().empty()) << format_task_tree(tasks());
  EXPECT_TRUE(reports.get().empty());
}

TEST(TrackedPromise, AnOrderlyEndIsNotReported) {
  collected_reports reports;
  doorbell bell;
  int sum = 0;
  {
    const auto task = outer(bell, sum);
    task.handle().resume();
    const auto never_begun = seven();
    const orderly_task_end the_loop_ends;
    { const auto dropped = outer(bell, sum); }
  }
  // Only what outlived the scope of orderly_task_end, which ends before the two tasks above it do.
  ASSERT_EQ(reports.get().size(), 2U);
}

}  // namespace
}  // namespace regatta
