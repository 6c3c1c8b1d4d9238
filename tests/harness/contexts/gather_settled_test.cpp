// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/harness/contexts/colours.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

template <class Colour>
class GatherSettled : public ::testing::Test {
 protected:
  Colour colour;
};
TYPED_TEST_SUITE(GatherSettled, both_colours, colour_names);

std::string text_of(const settled<int>& one) {
  if (const int* value = std::get_if<int>(&one)) return std::to_string(*value);
  try {
    std::rethrow_exception(std::get<std::exception_ptr>(one));
  } catch (const std::exception& error) {
    return error.what();
  }
}

TYPED_TEST(GatherSettled, AnswersAndExceptionsComeInTheOrderOfTheBranches) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::vector<std::string> texts;
  this->colour.run([&](context& ctx) -> task {
    // Branch i ends only after branch i + 1 has: last first.
    std::vector<std::unique_ptr<typename context::event>> ended;
    for (int i = 0; i < 4; ++i) ended.push_back(std::make_unique<typename context::event>());
    const auto branch = [&](std::size_t i) -> typename context::template task<int> {
      if (i + 1 < ended.size()) co_await ended[i + 1]->wait(ctx);
      ended[i]->set();
      if (i % 2 == 1) throw std::runtime_error("branch " + std::to_string(i));
      co_return static_cast<int>(i) * 10;
    };
    const std::vector<settled<int>> all = co_await ctx.gather_settled(4, branch);
    for (const settled<int>& one : all) texts.push_back(text_of(one));
  });
  EXPECT_EQ(texts, (std::vector<std::string>{"0", "branch 1", "20", "branch 3"}));
}

TYPED_TEST(GatherSettled, WhatIsThrownBeforeThereIsATaskIsTheBranchesTooAndOfNothingIsEmpty) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  this->colour.run([](context& ctx) -> task {
    const auto throws = [](std::size_t) ->
        typename context::template task<int> { throw std::logic_error("no task"); };
    const auto all = co_await ctx.gather_settled(2, throws);
    EXPECT_EQ(all.size(), 2U);
    for (const auto& one : all) EXPECT_EQ(text_of(one), "no task");
    const auto none = co_await ctx.gather_settled(0, throws);
    EXPECT_TRUE(none.empty());
  });
}

TYPED_TEST(GatherSettled, MoveOnlyAnswersComeThrough) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  this->colour.run([](context& ctx) -> task {
    const auto branch = [](std::size_t i) -> typename context::template task<std::unique_ptr<int>> {
      co_return std::make_unique<int>(static_cast<int>(i) + 7);
    };
    const auto boxes = co_await ctx.gather_settled(2, branch);
    EXPECT_EQ(*std::get<0>(boxes[1]), 8);
  });
}

TYPED_TEST(GatherSettled, TheContextsOwnDeadlineIsNoAnswerOfABranch) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::optional<std::size_t> got = 1;
  std::atomic<int> ended{0};
  this->colour.run([&](context& ctx) -> task {
    const auto step = [&](context& scoped) -> typename context::template task<std::size_t> {
      const auto branch = [&](std::size_t i) -> typename context::template task<int> {
        ++ended;
        if (i == 1) co_await scoped.sleep(1h);
        if (i == 2) throw std::runtime_error("of its own");
        co_return 1;
      };
      const auto all = co_await scoped.gather_settled(3, branch);
      co_return all.size();
    };
    got = co_await ctx.with_timeout(1ms, step);
  });
  EXPECT_EQ(got, std::nullopt) << "an answer was made of having no time";
  EXPECT_EQ(ended, 3);
}

TYPED_TEST(GatherSettled, ALimitInsideABranchIsThatBranchesMatter) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::vector<std::string> texts;
  this->colour.run([&](context& ctx) -> task {
    const auto sleeper = [](context& scoped) -> typename context::template task<int> {
      co_await scoped.sleep(1h);
      co_return 1;
    };
    const auto branch = [&](std::size_t i) -> typename context::template task<int> {
      if (i == 0) co_return 5;
      const auto in_time = co_await ctx.with_timeout(1ms, sleeper);
      if (!in_time) throw std::runtime_error("too late");
      co_return *in_time;
    };
    const auto all = co_await ctx.gather_settled(2, branch);
    for (const settled<int>& one : all) texts.push_back(text_of(one));
  });
  EXPECT_EQ(texts, (std::vector<std::string>{"5", "too late"}));
}

}  // namespace
}  // namespace regatta::test
