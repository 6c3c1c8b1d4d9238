// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/synchronisation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "tests/harness/contexts/colours.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

// Tasks at once are branches of a gather: threads in one colour, coroutines in the other.
template <class Colour>
class Synchronisation : public ::testing::Test {
 protected:
  Colour colour;
};
TYPED_TEST_SUITE(Synchronisation, both_colours, colour_names);

TYPED_TEST(Synchronisation, ASemaphoreLetsInNoMoreThanItHasPermits) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  this->colour.run([&](context& ctx) -> task {
    typename context::semaphore gate(2);
    const auto branch = [&](std::size_t) -> typename context::template task<int> {
      for (int round = 0; round < 3; ++round) {
        co_await gate.acquire(ctx);
        const int now = ++inside;
        int seen = most;
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        co_await ctx.sleep(200us);
        --inside;
        gate.release();
      }
      co_return 0;
    };
    (void)co_await ctx.gather(6, branch);
  });
  EXPECT_EQ(most, 2);
  EXPECT_EQ(inside, 0);
}

TYPED_TEST(Synchronisation, AReleasedPermitIsNotForgotten) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  this->colour.run([&](context& ctx) -> task {
    typename context::semaphore gate(0);
    gate.release();
    gate.release();
    co_await gate.acquire(ctx);
    co_await gate.acquire(ctx);
  });
}

TYPED_TEST(Synchronisation, APermitIsNotLostToAWaiterWhoGaveUp) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  this->colour.run([&](context& ctx) -> task {
    typename context::semaphore gate(1);
    co_await gate.acquire(ctx);
    const auto wait = [&](context& scoped) -> typename context::template task<int> {
      co_await gate.acquire(scoped);
      co_return 0;
    };
    const auto in_vain = co_await ctx.with_timeout(1ms, wait);
    EXPECT_EQ(in_vain, std::nullopt);
    gate.release();
    const auto in_time = co_await ctx.with_timeout(10s, wait);
    EXPECT_EQ(in_time, 0);
  });
}

TEST(SemaphoreOrder, WhoComesLaterDoesNotOvertakeAWaiterWhoHasNotWokenUpYet) {
  asynchronous colour;
  std::vector<std::size_t> order;
  colour.run([&](async_context& ctx) -> async_task<void> {
    async_context::semaphore gate(1);
    co_await gate.acquire(ctx);
    // The first two wait; the third gives the permit back and wants it again at once.
    const auto branch = [&](std::size_t i) -> async_task<int> {
      if (i == 2) gate.release();
      co_await gate.acquire(ctx);
      order.push_back(i);
      gate.release();
      co_return 0;
    };
    (void)co_await ctx.gather(3, branch);
  });
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2}));
}

TYPED_TEST(Synchronisation, AnEventLetsEveryWaiterOnBeforeAndAfter) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::atomic<int> passed{0};
  this->colour.run([&](context& ctx) -> task {
    typename context::event go;
    const auto branch = [&](std::size_t i) -> typename context::template task<int> {
      if (i == 3) {
        go.set();
        go.set();
      }
      co_await go.wait(ctx);
      ++passed;
      co_return 0;
    };
    (void)co_await ctx.gather(5, branch);
    co_await go.wait(ctx);
  });
  EXPECT_EQ(passed, 5);
}

TYPED_TEST(Synchronisation, AChannelKeepsTheOrderOfItsSender) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::vector<int> got;
  this->colour.run([&](context& ctx) -> task {
    typename context::template channel<int> pipe(2);
    const auto branch = [&](std::size_t i) -> typename context::template task<int> {
      if (i == 0) {
        for (int n = 0; n < 200; ++n) {
          const bool sent = co_await pipe.send(ctx, n);
          EXPECT_TRUE(sent);
        }
        pipe.close();
        co_return 0;
      }
      for (;;) {
        const std::optional<int> value = co_await pipe.receive(ctx);
        if (!value) co_return 0;
        got.push_back(*value);
      }
    };
    (void)co_await ctx.gather(2, branch);
  });
  ASSERT_EQ(got.size(), 200U);
  EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
}

TYPED_TEST(Synchronisation, AChannelHoldsItsSenderBackWhenItIsFull) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::atomic<int> sent{0};
  this->colour.run([&](context& ctx) -> task {
    typename context::template channel<int> pipe(3);
    const auto step = [&](context& scoped) -> typename context::template task<int> {
      for (;;) {
        (void)co_await pipe.send(scoped, 1);
        ++sent;
      }
    };
    const auto ended = co_await ctx.with_timeout(1ms, step);
    EXPECT_EQ(ended, std::nullopt);
    EXPECT_EQ(sent, 3);
    (void)co_await pipe.receive(ctx);
    (void)co_await ctx.with_timeout(1ms, step);
    EXPECT_EQ(sent, 4) << "one more for the one that was taken out";
  });
}

TYPED_TEST(Synchronisation, AClosedChannelDrainsWhatIsLeftAndRefusesMore) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  this->colour.run([&](context& ctx) -> task {
    typename context::template channel<std::unique_ptr<int>> pipe(4);
    (void)co_await pipe.send(ctx, std::make_unique<int>(1));
    (void)co_await pipe.send(ctx, std::make_unique<int>(2));
    pipe.close();
    pipe.close();
    const bool sent = co_await pipe.send(ctx, std::make_unique<int>(3));
    EXPECT_FALSE(sent);
    const auto first = co_await pipe.receive(ctx);
    EXPECT_TRUE(first && **first == 1);
    const auto second = co_await pipe.receive(ctx);
    EXPECT_TRUE(second && **second == 2);
    const auto third = co_await pipe.receive(ctx);
    EXPECT_FALSE(third);
  });
}

TYPED_TEST(Synchronisation, ClosingFreesThoseWhoWaitAtEitherEnd) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::atomic<int> freed{0};
  this->colour.run([&](context& ctx) -> task {
    typename context::template channel<int> full(1);
    typename context::template channel<int> empty(1);
    (void)co_await full.send(ctx, 1);
    const auto branch = [&](std::size_t i) -> typename context::template task<int> {
      if (i == 2) {
        co_await ctx.sleep(2ms);  // the other two wait by now, most likely; the result is the same
        full.close();
        empty.close();
      } else if (i == 0) {
        const bool sent = co_await full.send(ctx, 2);
        EXPECT_FALSE(sent);
        ++freed;
      } else {
        const auto got = co_await empty.receive(ctx);
        EXPECT_FALSE(got);
        ++freed;
      }
      co_return 0;
    };
    (void)co_await ctx.gather(3, branch);
  });
  EXPECT_EQ(freed, 2);
}

TYPED_TEST(Synchronisation, ManySendersAndReceiversLoseAndDoubleNothing) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::atomic<std::uint64_t> sum{0};
  std::atomic<int> count{0};
  this->colour.run([&](context& ctx) -> task {
    typename context::template channel<std::uint64_t> pipe(2);
    std::atomic<int> senders{4};
    const auto branch = [&](std::size_t i) -> typename context::template task<int> {
      if (i < 4) {
        for (std::uint64_t n = 0; n < 250; ++n) (void)co_await pipe.send(ctx, i * 250 + n);
        if (--senders == 0) pipe.close();
        co_return 0;
      }
      for (;;) {
        const auto value = co_await pipe.receive(ctx);
        if (!value) co_return 0;
        sum += *value;
        ++count;
      }
    };
    (void)co_await ctx.gather(7, branch);
  });
  EXPECT_EQ(count, 1000);
  EXPECT_EQ(sum, 499'500U);
}

TYPED_TEST(Synchronisation, TrySendTakesNothingThatWouldHaveToWait) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  this->colour.run([&](context& ctx) -> task {
    typename context::template channel<std::unique_ptr<int>> queue(1);
    auto first = std::make_unique<int>(1);
    auto second = std::make_unique<int>(2);
    EXPECT_TRUE(queue.try_send(first));
    EXPECT_EQ(first, nullptr);
    EXPECT_FALSE(queue.try_send(second));
    EXPECT_NE(second, nullptr);
    const auto got = co_await queue.receive(ctx);
    EXPECT_EQ(**got, 1);
    queue.close();
    EXPECT_FALSE(queue.try_send(second)) << "it is closed";
    EXPECT_NE(second, nullptr);
  });
}

TYPED_TEST(Synchronisation, TrySendWakesWhoeverWaitsForAValue) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  this->colour.run([&](context& ctx) -> task {
    typename context::template channel<int> queue(1);
    const auto branch = [&](std::size_t i) -> typename context::template task<int> {
      if (i == 0) {
        const auto got = co_await queue.receive(ctx);
        co_return got.value_or(-1);
      }
      int value = 7;
      EXPECT_TRUE(queue.try_send(value));
      co_return 0;
    };
    const auto answers = co_await ctx.gather(2, branch);
    EXPECT_EQ(answers.at(0), 7);
  });
}

}  // namespace
}  // namespace regatta::test
