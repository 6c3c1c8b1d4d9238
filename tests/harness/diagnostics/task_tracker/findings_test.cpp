// SPDX-License-Identifier: Apache-2.0
// What must be found, each with its exact lines. The lines are told by the code itself: `line = …`
// stands on the line it names.
#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <optional>
#include <stdexcept>

#include "tests/harness/diagnostics/task_tracker/collected_reports.hpp"

namespace regatta {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;

struct drops_its_handler {
  template <class Handler>
  void operator()(Handler&& handler) const {
    const auto dropped = std::forward<Handler>(handler);
  }
};

constexpr unsigned leaf_line = __LINE__ + 1;
awaitable<int> leaf(int value) { co_return value; }

class Findings : public testing::Test {
 protected:
  void run(awaitable<void> task) {
    asio::co_spawn(io_, std::move(task), asio::detached);
    io_.run();
    io_.restart();
  }
  task_report only() {
    const auto reports = reports_.get();
    for (const auto& report : reports) SCOPED_TRACE(report.message);
    EXPECT_EQ(reports.size(), 1U);
    return reports.empty() ? task_report{} : reports.front();
  }

  collected_reports reports_;
  asio::io_context io_{1};
};

TEST_F(Findings, ACoroutineThatIsNeverAwaited) {
  const unsigned line = __LINE__ + 1;
  { const auto forgotten = leaf(1); }
  const task_report report = only();
  EXPECT_EQ(report.finding, task_finding::never_awaited);
  EXPECT_EQ(report.task.function, "regatta::(anonymous namespace)::leaf");
  EXPECT_TRUE(is_at(report.task.created, __FILE__, line)) << report.message;
  EXPECT_TRUE(is_at(report.task.defined, __FILE__, leaf_line)) << to_string(report.task.defined);
  EXPECT_FALSE(report.task.origin.empty());
}

awaitable<void> forgets_a_co_await(asio::io_context& io, unsigned& line) {
  asio::steady_timer timer(io, std::chrono::milliseconds(0));
  line = __LINE__ + 1;
  (void)timer.async_wait(use_awaitable);
  co_return;
}

TEST_F(Findings, AnOperationOfAsioThatIsNeverAwaited) {
  unsigned line = 0;
  run(forgets_a_co_await(io_, line));
  const task_report report = only();
  EXPECT_EQ(report.finding, task_finding::never_awaited);
  EXPECT_EQ(report.task.function, "async_wait");
  EXPECT_TRUE(is_at(report.task.created, __FILE__, line)) << report.message;
}

awaitable<void> forgets_a_deferred(asio::io_context& io, unsigned& line) {
  asio::steady_timer timer(io, std::chrono::milliseconds(0));
  line = __LINE__ + 1;
  (void)timer.async_wait(asio::deferred);
  co_await timer.async_wait(asio::deferred);
}

TEST_F(Findings, ADeferredOperationThatIsNeverLaunched) {
  unsigned line = 0;
  run(forgets_a_deferred(io_, line));
  const task_report report = only();
  EXPECT_EQ(report.finding, task_finding::never_awaited);
  EXPECT_EQ(report.task.function, "async_wait");
  EXPECT_TRUE(is_at(report.task.created, __FILE__, line)) << report.message;
}

auto async_drop() {
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(drops_its_handler{},
                                                                     use_awaitable);
}
constexpr unsigned inner_line = __LINE__ + 1;
awaitable<void> waits_for_a_dropped_handler() { co_await async_drop(); }
constexpr unsigned outer_line = __LINE__ + 1;
awaitable<void> awaits_the_dropped() { co_await waits_for_a_dropped_handler(); }

TEST_F(Findings, ATaskDestroyedWhilePendingWithTheLinesItStoodAt) {
  const unsigned line = __LINE__ + 1;
  run(awaits_the_dropped());
  const task_report report = only();
  EXPECT_EQ(report.finding, task_finding::destroyed_pending);
  EXPECT_TRUE(is_at(report.task.awaiting, __FILE__, outer_line)) << report.message;
  EXPECT_TRUE(is_at(report.task.created, __FILE__, line)) << report.message;
  ASSERT_EQ(report.stood_in.size(), 1U);
  EXPECT_TRUE(is_at(report.stood_in[0].awaiting, __FILE__, inner_line));
}

awaitable<void> throws(int value) {
  const int same = co_await leaf(value);  // in the if itself, g++ 12 makes code that crashes
  if (same == value) throw std::runtime_error("lost at sea");
}

TEST_F(Findings, AnExceptionThatDetachedSwallows) {
  const unsigned line = __LINE__ + 1;
  asio::co_spawn(io_, throws(3), asio::detached);
  io_.run();
  const task_report report = only();
  EXPECT_EQ(report.finding, task_finding::exception_lost);
  EXPECT_EQ(report.exception_type, "std::runtime_error");
  EXPECT_EQ(report.exception_text, "lost at sea");
  EXPECT_EQ(report.task.function, "regatta::(anonymous namespace)::throws");
  EXPECT_NE(report.task.serial, 0U);
  EXPECT_TRUE(is_at(report.task.created, __FILE__, line)) << report.message;
  EXPECT_NE(report.message.find("lost at sea"), std::string::npos) << report.message;
  EXPECT_THROW(std::rethrow_exception(report.exception), std::runtime_error);
}

awaitable<void> sleeps_for_long() {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
  co_await timer.async_wait(asio::use_awaitable);
}

TEST_F(Findings, OfTwoExceptionsTheOneThatBoostKept) {
  using namespace asio::experimental::awaitable_operators;
  run(throws(3) && sleeps_for_long());
  const task_report report = only();
  EXPECT_EQ(report.finding, task_finding::exception_lost);
  EXPECT_EQ(report.exception_text, "lost at sea");
}

awaitable<int> throws_instead_of_a_value() {
  throw 42;
  co_return 0;
}

TEST_F(Findings, AnExceptionOfATaskWithAValueAndOfNoStandardType) {
  asio::co_spawn(io_, throws_instead_of_a_value(), asio::detached);
  io_.run();
  const task_report report = only();
  EXPECT_EQ(report.finding, task_finding::exception_lost);
  EXPECT_EQ(report.exception_type, "int");
}

awaitable<void> awaits_twice(unsigned& line) {
  auto task = leaf(1);
  co_await std::move(task);
  line = __LINE__ + 2;
  try {
    co_await std::move(task);
  } catch (const std::logic_error&) {
  }
}

TEST_F(Findings, AnAwaitableThatIsAwaitedTwice) {
  unsigned line = 0;
  run(awaits_twice(line));
  const task_report report = only();
  EXPECT_EQ(report.finding, task_finding::awaited_twice);
  EXPECT_TRUE(is_at(report.task.awaiting, __FILE__, line)) << report.message;
  EXPECT_EQ(report.task.function, "regatta::(anonymous namespace)::awaits_twice");
}

TEST_F(Findings, ATaskThatIsSpawnedTwiceIsLostWithTheLineOfTheSecondTime) {
  awaitable<void> task = throws(0);
  const auto done = [](std::exception_ptr) {};
  asio::co_spawn(io_, std::move(task), done);
  io_.run();
  io_.restart();
  const unsigned line = __LINE__ + 1;
  asio::co_spawn(io_, std::move(task), done);  // NOLINT(bugprone-use-after-move)
  io_.run();
  const task_report report = only();
  EXPECT_EQ(report.finding, task_finding::awaited_twice);
  EXPECT_TRUE(is_at(report.task.created, __FILE__, line)) << report.message;
}

TEST_F(Findings, WithAnExecutorOfAnotherType) {
  using executor = asio::io_context::executor_type;
  const auto make = []() -> asio::awaitable<void, executor> { co_return; };
  const unsigned line = __LINE__ + 1;
  { const auto forgotten = make(); }
  const task_report report = only();
  EXPECT_EQ(report.finding, task_finding::never_awaited);
  EXPECT_TRUE(is_at(report.task.created, __FILE__, line)) << report.message;
}

awaitable<void> sleeps_for_ever(unsigned& line) {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
  line = __LINE__ + 1;
  co_await timer.async_wait(use_awaitable);
}

TEST(AtExitDeathTest, ATaskThatStillWaitsIsReportedAfterTheLastDestructor) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        auto& leaked = *new asio::io_context;
        static unsigned line = 0;
        asio::co_spawn(leaked, sleeps_for_ever(line), asio::detached);
        leaked.poll();
        std::exit(7);
      },
      testing::ExitedWithCode(7),
      "still pending at exit: .*sleeps_for_ever stands at the co_await at .*findings_test.cpp:");
}

TEST(AtExitDeathTest, FatalAbortsAtTheFinding) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ::setenv("REGATTA_DEBUG", "fatal", 1);
  EXPECT_DEATH({ const auto forgotten = leaf(1); }, "never awaited: .*leaf was created at");
  ::unsetenv("REGATTA_DEBUG");
}

TEST(AtExitDeathTest, SwitchedOffNothingIsReported) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ::setenv("REGATTA_DEBUG", "0", 1);
  EXPECT_EXIT(
      {
        { const auto forgotten = leaf(1); }
        std::fprintf(stderr, "%llu findings",
                     static_cast<unsigned long long>(task_finding_count()));
        std::exit(0);
      },
      testing::ExitedWithCode(0), "^0 findings$");
  ::unsetenv("REGATTA_DEBUG");
}

}  // namespace
}  // namespace regatta
