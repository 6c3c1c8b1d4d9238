// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>

#include "tests/harness/contexts/colours.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

// Limits here are an hour or next to nothing: the outcome does not depend on the machine's speed.
template <class Colour>
class WithTimeout : public ::testing::Test {
 protected:
  Colour colour;
};
TYPED_TEST_SUITE(WithTimeout, both_colours, colour_names);

TYPED_TEST(WithTimeout, InTimeGivesTheValue) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::optional<int> got;
  this->colour.run([&](context& ctx) -> task {
    const auto step = [](context& scoped) -> typename context::template task<int> {
      co_await scoped.sleep(1us);
      co_return 3;
    };
    got = co_await ctx.with_timeout(1h, step);
  });
  EXPECT_EQ(got, 3);
}

TYPED_TEST(WithTimeout, TooLateGivesNothing) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::optional<int> got = 1;
  bool went_on = false;
  this->colour.run([&](context& ctx) -> task {
    const auto step = [&](context& scoped) -> typename context::template task<int> {
      co_await scoped.sleep(1h);
      went_on = true;
      co_return 3;
    };
    got = co_await ctx.with_timeout(1ms, step);
  });
  EXPECT_EQ(got, std::nullopt);
  EXPECT_FALSE(went_on);
}

TYPED_TEST(WithTimeout, ALimitLongerThanTheClockIsNoLimit) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  this->colour.run([&](context& ctx) -> task {
    const auto step = [](context& scoped) -> typename context::template task<int> {
      EXPECT_EQ(scoped.current_deadline(), no_deadline);
      co_return 3;
    };
    const auto got = co_await ctx.with_timeout(std::chrono::nanoseconds::max(), step);
    EXPECT_EQ(got, 3);
  });
}

TYPED_TEST(WithTimeout, AnOuterLimitEndsAnInnerOneThatIsLonger) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  bool after_inner = false;
  std::optional<int> got = 1;
  this->colour.run([&](context& ctx) -> task {
    const auto sleeper = [](context& scoped) -> typename context::template task<int> {
      co_await scoped.sleep(2h);
      co_return 3;
    };
    const auto outer = [&](context& scoped) -> typename context::template task<int> {
      (void)co_await scoped.with_timeout(1h, sleeper);
      after_inner = true;
      co_return 4;
    };
    got = co_await ctx.with_timeout(1ms, outer);
  });
  EXPECT_EQ(got, std::nullopt);
  EXPECT_FALSE(after_inner) << "the inner scope took the outer limit for its own";
}

TYPED_TEST(WithTimeout, AnInnerLimitLeavesTheOuterScopeRunning) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::optional<int> got;
  this->colour.run([&](context& ctx) -> task {
    const auto sleeper = [](context& scoped) -> typename context::template task<int> {
      co_await scoped.sleep(2h);
      co_return 3;
    };
    const auto outer = [&](context& scoped) -> typename context::template task<int> {
      const auto inner = co_await scoped.with_timeout(1ms, sleeper);
      EXPECT_EQ(inner, std::nullopt);
      co_await scoped.sleep(1us);
      co_return 4;
    };
    got = co_await ctx.with_timeout(1h, outer);
  });
  EXPECT_EQ(got, 4);
}

TYPED_TEST(WithTimeout, OtherExceptionsPassThrough) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  const auto body = [](context& ctx) -> task {
    const auto step = [](context&) -> typename context::template task<int> {
      throw std::logic_error("mine");
      co_return 1;
    };
    (void)co_await ctx.with_timeout(1h, step);
  };
  EXPECT_THROW(this->colour.run(body), std::logic_error);
}

TYPED_TEST(WithTimeout, LimitsReachThroughGather) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::optional<int> got = 1;
  this->colour.run([&](context& ctx) -> task {
    const auto step = [](context& scoped) -> typename context::template task<int> {
      const auto branch = [&scoped](std::size_t i) -> typename context::template task<int> {
        if (i == 1) co_await scoped.sleep(1h);
        co_return 1;
      };
      (void)co_await scoped.gather(3, branch);
      co_return 2;
    };
    got = co_await ctx.with_timeout(1ms, step);
  });
  EXPECT_EQ(got, std::nullopt);
}

TEST(EarlierDeadline, IsTheNearerOfTheTwoAndNeverOverflows) {
  const deadline now = steady_clock::now();
  EXPECT_EQ(earlier_deadline(now - 1h, 1s), now - 1h);
  EXPECT_EQ(earlier_deadline(now + 1s, 1h), now + 1s);
  EXPECT_EQ(earlier_deadline(no_deadline, std::chrono::nanoseconds::max()), no_deadline);
  const deadline near = earlier_deadline(no_deadline, 1h);
  EXPECT_GE(near, now + 1h);
  EXPECT_LT(near, now + 2h);
}

}  // namespace
}  // namespace regatta::test
