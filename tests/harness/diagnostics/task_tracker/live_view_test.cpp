// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "harness/diagnostics/task_tracker/expect_no_leaked_tasks.hpp"
#include "harness/diagnostics/task_tracker/tasks.hpp"
#include "tests/harness/diagnostics/task_tracker/collected_reports.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;

constexpr unsigned timer_line = __LINE__ + 3;
awaitable<void> sleeps() {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
  co_await timer.async_wait(use_awaitable);
}
constexpr unsigned call_line = __LINE__ + 1;
awaitable<void> calls_sleeps() { co_await sleeps(); }
awaitable<void> spawns_one() {
  asio::co_spawn(co_await asio::this_coro::executor, sleeps(), asio::detached);
  co_await sleeps();
}
awaitable<void> awaits_both() { co_await (sleeps() && sleeps()); }

const task_info* named(const std::vector<task_info>& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const task_info& task) {
    return task.function.ends_with("::" + name);
  });
  return found != all.end() ? &*found : nullptr;
}

TEST(LiveView, ShowsWhoAwaitsWhomAtWhichLine) {
  asio::io_context io(1);
  const unsigned line = __LINE__ + 1;
  asio::co_spawn(io, calls_sleeps(), asio::detached);
  io.poll();
  const auto all = tasks();
  const task_info* const outer = named(all, "calls_sleeps");
  const task_info* const inner = named(all, "sleeps");
  ASSERT_TRUE(outer != nullptr && inner != nullptr) << format_task_tree(all);
  EXPECT_EQ(all.size(), 2U);
  EXPECT_EQ(inner->awaiter, outer->serial);
  EXPECT_TRUE(outer->spawned);
  EXPECT_FALSE(inner->spawned);
  EXPECT_EQ(inner->operation, "async_wait");
  EXPECT_EQ(inner->state, task_state::suspended);
  EXPECT_TRUE(is_at(inner->awaiting, __FILE__, timer_line)) << to_string(inner->awaiting);
  EXPECT_TRUE(is_at(outer->awaiting, __FILE__, call_line)) << to_string(outer->awaiting);
  EXPECT_TRUE(is_at(outer->created, __FILE__, line)) << to_string(outer->created);
  EXPECT_LT(inner->age, std::chrono::minutes(10));
}

TEST(LiveView, ShowsWhoSpawnedWhom) {
  asio::io_context io(1);
  asio::co_spawn(io, spawns_one(), asio::detached);
  io.poll();
  const auto all = tasks();
  const task_info* const spawner = named(all, "spawns_one");
  ASSERT_NE(spawner, nullptr);
  EXPECT_EQ(std::count_if(all.begin(), all.end(),
                          [&](const task_info& task) {
                            return task.awaiter == spawner->serial && task.spawned;
                          }),
            1)
      << format_task_tree(all);
}

TEST(LiveView, HangsBothSidesOfAnAndUnderTheTaskThatAwaitsThem) {
  asio::io_context io(1);
  asio::co_spawn(io, awaits_both(), asio::detached);
  io.poll();
  const auto all = tasks();
  const task_info* const both = named(all, "awaits_both");
  const auto op = std::find_if(all.begin(), all.end(), [](const task_info& task) {
    return task.function.find("operator&&") != std::string::npos;
  });
  ASSERT_TRUE(both != nullptr && op != all.end()) << format_task_tree(all);
  EXPECT_EQ(op->awaiter, both->serial);
  EXPECT_EQ(std::count_if(all.begin(), all.end(),
                          [&](const task_info& task) { return task.awaiter == op->serial; }),
            2)
      << format_task_tree(all);
}

TEST(LiveView, IsEmptyWhenAllHasEnded) {
  {
    asio::io_context io(1);
    asio::co_spawn(io, calls_sleeps(), asio::detached);
    io.poll();
  }
  EXPECT_TRUE(tasks().empty()) << format_task_tree(tasks());
}

awaitable<void> tells_its_serial(std::uint64_t& own, std::uint64_t& after) {
  own = current_task();
  co_await asio::post(use_awaitable);
  after = current_task();
}

TEST(LiveView, KnowsTheTaskThatRuns) {
  asio::io_context io(1);
  std::uint64_t own = 0;
  std::uint64_t after = 0;
  EXPECT_EQ(current_task(), 0U);
  asio::co_spawn(io, tells_its_serial(own, after), asio::detached);
  asio::post(io, [] { EXPECT_EQ(current_task(), 0U); });
  io.run();
  EXPECT_NE(own, 0U);
  EXPECT_EQ(own, after);
  EXPECT_EQ(current_task(), 0U);
}

task_info task_with(std::uint64_t serial, std::uint64_t awaiter) {
  task_info task;
  task.serial = serial;
  task.awaiter = awaiter;
  task.function = "f";
  return task;
}

TEST(TaskTree, ShowsACycleOnceAndEnds) {
  const std::string text =
      format_task_tree({task_with(1, 2), task_with(2, 3), task_with(3, 1), task_with(4, 0)});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5) << text;
}

TEST(TaskTree, IsBoundedAndCountsTheRest) {
  std::vector<task_info> many;
  for (std::uint64_t i = 1; i <= 5000; ++i) many.push_back(task_with(i, i - 1));  // one deep chain
  const std::string text = format_task_tree(many, 100);
  EXPECT_NE(text.find("and 4900 more"), std::string::npos);
  EXPECT_LT(text.size(), 20'000U);
}

TEST(ExpectNoLeakedTasks, FailsForATaskThatStays) {
  static std::unique_ptr<asio::io_context> io;
  EXPECT_NONFATAL_FAILURE(
      {
        expect_no_leaked_tasks check;
        io = std::make_unique<asio::io_context>(1);
        asio::co_spawn(*io, sleeps(), asio::detached);
        io->poll();
      },
      "tasks that did not end: 1 tasks");
  io.reset();
}

TEST(ExpectNoLeakedTasks, FailsForAFinding) {
  EXPECT_NONFATAL_FAILURE(
      {
        expect_no_leaked_tasks check;
        const auto forgotten = sleeps();
      },
      "never awaited");
}

TEST(ExpectNoLeakedTasks, PassesAfterAnOrderlyEnd) {
  expect_no_leaked_tasks check;
  asio::io_context io(1);
  asio::co_spawn(io, calls_sleeps(), asio::detached);
  io.poll();
}

}  // namespace
}  // namespace regatta
