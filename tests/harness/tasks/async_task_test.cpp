// SPDX-License-Identifier: Apache-2.0
#include "harness/tasks/async_task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "tests/support/sanitizers.hpp"

namespace regatta {
namespace {

// No loop is needed: none of these tasks waits for anything but another task.
void drive(async_task<void> root) { root.handle().resume(); }

async_task<int> seven() { co_return 7; }
async_task<std::unique_ptr<int>> boxed(int value) { co_return std::make_unique<int>(value); }
async_task<int> fails() {
  throw std::runtime_error("lost at sea");
  co_return 0;
}
async_task<void> fails_without_value() {
  throw std::runtime_error("nothing at all");
  co_return;
}

async_task<void> keep(async_task<int> from, int& to) { to = co_await std::move(from); }

static_assert(!std::is_copy_constructible_v<async_task<int>>);
static_assert(std::is_nothrow_move_constructible_v<async_task<int>>);

TEST(AsyncTask, DoesNothingUntilItIsAwaited) {
  bool ran = false;
  const auto body = [&ran]() -> async_task<int> {
    ran = true;
    co_return 1;
  };
  auto task = body();
  EXPECT_FALSE(ran);
  int got = 0;
  drive(keep(std::move(task), got));
  EXPECT_TRUE(ran);
  EXPECT_EQ(got, 1);
}

TEST(AsyncTask, HandsItsValueOver) {
  int got = 0;
  drive(keep(seven(), got));
  EXPECT_EQ(got, 7);
}

TEST(AsyncTask, HandsOverWhatCanOnlyBeMoved) {
  std::unique_ptr<int> got;
  const auto body = [&got]() -> async_task<void> { got = co_await boxed(3); };
  drive(body());
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, 3);
}

TEST(AsyncTask, ThrowsAtTheAwaitWhatEscapedFromIt) {
  std::string said;
  const auto body = [&said]() -> async_task<void> {
    try {
      co_await fails();
    } catch (const std::runtime_error& error) {
      said = error.what();
    }
    try {
      co_await fails_without_value();
    } catch (const std::runtime_error& error) {
      said += std::string(", ") + error.what();
    }
  };
  drive(body());
  EXPECT_EQ(said, "lost at sea, nothing at all");
}

// Awaited or not, arguments and locals of a task are destroyed with it.
async_task<int> holds(std::shared_ptr<int> token) {
  const auto local = token;
  co_return *local;
}

TEST(AsyncTask, NeverAwaitedReleasesWhatItHolds) {
  const auto token = std::make_shared<int>(1);
  {
    const auto task = holds(token);
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
}

TEST(AsyncTask, AssignedOverReleasesWhatItHeldAtTheLatestWithTheOther) {
  const auto token = std::make_shared<int>(1);
  const auto other = std::make_shared<int>(2);
  int got = 0;
  {
    auto task = holds(token);
    task = holds(other);
    drive(keep(std::move(task), got));
  }
  EXPECT_EQ(got, 2);
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(other.use_count(), 1);
}

struct never {
  std::coroutine_handle<>& parked;
  bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) noexcept { parked = self; }
  void await_resume() noexcept {}
};

TEST(AsyncTask, DestroyedWhileItWaitsReleasesTheTasksItAwaits) {
  const auto token = std::make_shared<int>(1);
  std::coroutine_handle<> parked;
  const auto inner = [&parked](std::shared_ptr<int>) -> async_task<int> {
    co_await never{parked};
    co_return 1;
  };
  const auto outer = [&]() -> async_task<void> { co_await inner(token); };
  {
    auto task = outer();
    task.handle().resume();
    ASSERT_TRUE(parked);
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
}

TEST(AsyncTask, AMillionAwaitsInALoopNeedNoMoreStackThanOne) {
  if (test::sanitized || !test::optimized) {
    GTEST_SKIP() << "g++ needs the optimiser, and no instrumentation, for symmetric transfer";
  }
  std::uint64_t sum = 0;
  const auto body = [&sum]() -> async_task<void> {
    for (int i = 0; i < 1'000'000; ++i) sum += static_cast<std::uint64_t>(co_await seven());
  };
  drive(body());
  EXPECT_EQ(sum, 7'000'000U);
}

}  // namespace
}  // namespace regatta
