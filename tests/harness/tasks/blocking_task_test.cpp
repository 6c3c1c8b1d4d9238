// SPDX-License-Identifier: Apache-2.0
#include "harness/tasks/blocking_task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace regatta {
namespace {

blocking_task<int> seven() { co_return 7; }
blocking_task<std::unique_ptr<int>> boxed(int value) { co_return std::make_unique<int>(value); }
blocking_task<int> fails() {
  throw std::runtime_error("lost at sea");
  co_return 0;
}
blocking_task<void> adds_to(int& sum) {
  sum += co_await seven();
  sum += co_await seven();
}

static_assert(!std::is_copy_constructible_v<blocking_task<int>>);

TEST(BlockingTask, HasRunByTheTimeItsCallerHoldsIt) {
  int sum = 0;
  auto task = adds_to(sum);
  EXPECT_EQ(sum, 14);
  std::move(task).get();
}

TEST(BlockingTask, HandsItsValueOver) {
  EXPECT_EQ(seven().get(), 7);
  EXPECT_EQ(*boxed(3).get(), 3);
}

TEST(BlockingTask, KeepsWhatEscapedUntilSomebodyAsks) {
  auto task = fails();
  try {
    std::move(task).get();
    ADD_FAILURE() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "lost at sea");
  }
}

TEST(BlockingTask, ThrowsAtTheAwaitWhatEscapedFromIt) {
  std::string said;
  const auto body = [&said]() -> blocking_task<void> {
    try {
      co_await fails();
    } catch (const std::runtime_error& error) {
      said = error.what();
    }
  };
  body().get();
  EXPECT_EQ(said, "lost at sea");
}

blocking_task<std::shared_ptr<int>> holds(std::shared_ptr<int> token) { co_return token; }

TEST(BlockingTask, ReleasesItsFrameAndItsUnfetchedValue) {
  const auto token = std::make_shared<int>(1);
  {
    auto task = holds(token);
    auto moved = std::move(task);
    EXPECT_GE(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace regatta
