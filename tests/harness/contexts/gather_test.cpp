// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/harness/contexts/colours.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

template <class Colour>
class Gather : public ::testing::Test {
 protected:
  Colour colour;
};
TYPED_TEST_SUITE(Gather, both_colours, colour_names);

TYPED_TEST(Gather, AnswersInOrderWhateverTheOrderOfTheEnds) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::vector<std::size_t> answers;
  this->colour.run([&](context& ctx) -> task {
    // Branch i ends only after branch i + 1 has: last first.
    std::vector<std::unique_ptr<typename context::event>> ended;
    for (int i = 0; i < 5; ++i) ended.push_back(std::make_unique<typename context::event>());
    const auto branch = [&](std::size_t i) -> typename context::template task<std::size_t> {
      if (i + 1 < ended.size()) co_await ended[i + 1]->wait(ctx);
      ended[i]->set();
      co_return i * 10;
    };
    answers = co_await ctx.gather(5, branch);
  });
  EXPECT_EQ(answers, (std::vector<std::size_t>{0, 10, 20, 30, 40}));
}

TYPED_TEST(Gather, OfNothingIsEmpty) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::vector<int> answers = {1};
  this->colour.run([&](context& ctx) -> task {
    answers = co_await ctx.gather(
        0, [](std::size_t) -> typename context::template task<int> { co_return 1; });
  });
  EXPECT_TRUE(answers.empty());
}

TYPED_TEST(Gather, OfOneRunsHere) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::thread::id ran_on;
  this->colour.run([&](context& ctx) -> task {
    const auto branch = [&](std::size_t) -> typename context::template task<int> {
      ran_on = std::this_thread::get_id();
      co_return 1;
    };
    (void)co_await ctx.gather(1, branch);
  });
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TYPED_TEST(Gather, RethrowsOneExceptionAfterAllHaveEnded) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::atomic<int> ended{0};
  std::string said;
  this->colour.run([&](context& ctx) -> task {
    typename context::event thrown;
    const auto branch = [&](std::size_t i) -> typename context::template task<int> {
      if (i == 1) {
        thrown.set();
        throw std::runtime_error("branch 1");
      }
      co_await thrown.wait(ctx);
      co_await ctx.sleep(1ms);  // certainly later than the exception
      ++ended;
      co_return 0;
    };
    try {
      (void)co_await ctx.gather(4, branch);
    } catch (const std::runtime_error& error) {
      said = error.what();
      EXPECT_EQ(ended, 3);
    }
  });
  EXPECT_EQ(said, "branch 1");
}

TYPED_TEST(Gather, TheFirstOfSeveralExceptionsIsTheOneRethrown) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  std::string said;
  this->colour.run([&](context& ctx) -> task {
    typename context::event first_thrown;
    const auto branch = [&](std::size_t i) -> typename context::template task<int> {
      if (i == 0) {
        co_await first_thrown.wait(ctx);
        co_await ctx.sleep(200ms);  // the other thread may have to wait for a CPU
        throw std::runtime_error("later");
      }
      first_thrown.set();
      throw std::runtime_error("first");
    };
    try {
      (void)co_await ctx.gather(2, branch);
    } catch (const std::runtime_error& error) {
      said = error.what();
    }
  });
  EXPECT_EQ(said, "first");
}

TYPED_TEST(Gather, BranchesMayGatherAndMoveOnlyAnswersComeThrough) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  int sum = 0;
  this->colour.run([&](context& ctx) -> task {
    const auto leaf = [](std::size_t i) -> typename context::template task<std::unique_ptr<int>> {
      co_return std::make_unique<int>(static_cast<int>(i));
    };
    const auto branch = [&](std::size_t) -> typename context::template task<int> {
      const auto boxes = co_await ctx.gather(3, leaf);
      co_return *boxes[0] + *boxes[1] + *boxes[2];
    };
    const auto sums = co_await ctx.gather(3, branch);
    for (const int each : sums) sum += each;
  });
  EXPECT_EQ(sum, 9);
}

}  // namespace
}  // namespace regatta::test
