// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>

#include "tests/harness/contexts/colours.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

// What the deadlines of waiters do to the notifications.
template <class Colour>
class Condition : public ::testing::Test {
 protected:
  Colour colour;
};
TYPED_TEST_SUITE(Condition, both_colours, colour_names);

TYPED_TEST(Condition, ADeadlineEndsTheWaitWithTheLockHeld) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  this->colour.run([&](context& ctx) -> task {
    std::mutex mutex;
    typename context::condition changed;
    const auto step = [&](context& scoped) -> typename context::template task<int> {
      std::unique_lock lock(mutex);
      try {
        for (;;) co_await changed.wait(scoped, lock);
      } catch (const deadline_exceeded&) {
        EXPECT_TRUE(lock.owns_lock());
        throw;
      }
    };
    const auto got = co_await ctx.with_timeout(1ms, step);
    EXPECT_EQ(got, std::nullopt);
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

TYPED_TEST(Condition, AWaiterWhoseDeadlinePassedTakesNoNotificationFromTheOthers) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  bool acquired = false;
  this->colour.run([&](context& ctx) -> task {
    typename context::semaphore gate(0);
    typename context::event gave_up;
    const auto acquire = [&](context& scoped) -> typename context::template task<int> {
      co_await gate.acquire(scoped);
      co_return 1;
    };
    const auto branch = [&](std::size_t i) -> typename context::template task<int> {
      if (i == 0) {
        const auto got = co_await ctx.with_timeout(1ms, acquire);
        EXPECT_EQ(got, std::nullopt);
        gave_up.set();
      } else if (i == 1) {
        co_await gate.acquire(ctx);
        acquired = true;
      } else {
        co_await gave_up.wait(ctx);
        gate.release();
      }
      co_return 0;
    };
    (void)co_await ctx.gather(3, branch);
  });
  EXPECT_TRUE(acquired);
}

// The waiter is notified before its deadline but gets to run only after it. The notification was
// given to nobody else: if the waiter threw it away, a permit would lie there and nobody know.
TYPED_TEST(Condition, ANotificationBeforeTheDeadlineCountsEvenIfItIsNoticedAfter) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  bool notified = false;
  this->colour.run([&](context& ctx) -> task {
    std::mutex mutex;
    typename context::condition changed;
    std::atomic<bool> waiting{false};
    deadline limit;
    const auto wait = [&](context& scoped) -> typename context::template task<int> {
      std::unique_lock lock(mutex);
      limit = scoped.current_deadline();
      waiting = true;
      co_await changed.wait(scoped, lock);
      notified = true;
      co_return 1;
    };
    const auto branch = [&](std::size_t i) -> typename context::template task<int> {
      if (i == 0) {
        (void)co_await ctx.with_timeout(200ms, wait);
        co_return 0;
      }
      while (!waiting) co_await ctx.sleep(100us);
      const std::lock_guard lock(mutex);  // so it is in wait() by now
      changed.notify_one();
      while (steady_clock::now() < limit + 1ms) {
      }
      co_return 0;
    };
    (void)co_await ctx.gather(2, branch);
  });
  EXPECT_TRUE(notified);
}

// The deadline's timer has fired, its handler is in the queue behind the waiter's resumption, and
// the resumed waiter destroys what it waited for.
void outlive_a_condition() {
  asynchronous colour;
  colour.run([&](async_context& ctx) -> async_task<void> {
    auto go = std::make_unique<async_context::event>();
    const auto wait = [&](async_context& scoped) -> async_task<int> {
      co_await go->wait(scoped);
      go.reset();
      co_return 1;
    };
    const auto branch = [&](std::size_t i) -> async_task<int> {
      if (i == 0) {
        (void)co_await ctx.with_timeout(20ms, wait);
        co_return 0;
      }
      co_await ctx.sleep(1ms);
      const deadline after = steady_clock::now() + 30ms;
      while (steady_clock::now() < after) {
      }
      go->set();
      co_return 0;
    };
    (void)co_await ctx.gather(2, branch);
  });
}

TEST(AsyncCondition, ALateTimerDoesNotTouchAConditionThatIsGone) {
  // In a child, and not for long: to lock a mutex that is gone may take for ever.
  EXPECT_EXIT(
      {
        ::alarm(60);
        outlive_a_condition();
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace regatta::test
