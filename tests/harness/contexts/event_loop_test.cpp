// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/event_loop.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace regatta {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

TEST(EventLoop, RunReturnsAtOnceWithNothingToDo) {
  event_loop loop;
  loop.run();
  loop.run();
}

TEST(EventLoop, StartedTasksBeginOnlyInRun) {
  event_loop loop;
  bool ran = false;
  const auto body = [&ran]() -> async_task<void> {
    ran = true;
    co_return;
  };
  loop.start(body());
  EXPECT_FALSE(ran);
  loop.run();
  EXPECT_TRUE(ran);
}

TEST(EventLoop, TasksMayStartOthersAndRunAwaitsThemAll) {
  event_loop loop;
  int ran = 0;
  const auto leaf = [&]() -> async_task<void> {
    co_await loop.yield();
    co_await loop.yield();
    ++ran;
  };
  const auto body = [&]() -> async_task<void> {
    loop.start(leaf());
    loop.start(leaf());
    ++ran;
    co_return;
  };
  loop.start(body());
  loop.run();
  EXPECT_EQ(ran, 3);
}

TEST(EventLoop, YieldLetsTheOtherReadyTasksGoFirst) {
  event_loop loop;
  std::string order;
  const auto body = [&](char name) -> async_task<void> {
    order += name;
    co_await loop.yield();
    order += name;
  };
  loop.start(body('a'));
  loop.start(body('b'));
  loop.run();
  EXPECT_EQ(order, "abab");
}

TEST(EventLoop, WhatEscapesFromATaskComesOutOfRunAfterAllHaveEnded) {
  event_loop loop;
  bool other_ended = false;
  const auto fails = []() -> async_task<void> {
    throw std::runtime_error("overboard");
    co_return;
  };
  const auto survives = [&]() -> async_task<void> {
    co_await loop.yield();
    co_await loop.yield();
    other_ended = true;
  };
  loop.start(fails());
  loop.start(survives());
  try {
    loop.run();
    ADD_FAILURE() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "overboard");
  }
  EXPECT_TRUE(other_ended);
  loop.run();  // it is told once
}

TEST(EventLoop, RunsAgainAfterItRanOut) {
  event_loop loop;
  int ran = 0;
  const auto body = [&]() -> async_task<void> {
    ++ran;
    co_return;
  };
  for (int i = 1; i <= 3; ++i) {
    loop.start(body());
    loop.run();
    EXPECT_EQ(ran, i);
  }
}

TEST(EventLoop, AnotherThreadMayResumeATaskWhichStaysOnItsLoop) {
  event_loop loop;
  std::jthread other;
  std::thread::id resumed_on;
  // Asio knows of no work meanwhile: the loop must stay for the task's sake.
  struct elsewhere {
    event_loop& loop;
    std::jthread& other;
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) {
      other = std::jthread([&loop = loop, self] { loop.post(self); });
    }
    void await_resume() noexcept {}
  };
  const auto body = [&]() -> async_task<void> {
    co_await elsewhere{loop, other};
    resumed_on = std::this_thread::get_id();
  };
  loop.start(body());
  loop.run();
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST(EventLoop, SleepingUntilThePastTakesNoTripThroughTheLoop) {
  event_loop loop;
  std::string order;
  const auto past = [&]() -> async_task<void> {
    order += 'a';
    co_await sleep_until(loop, clock::now() - 1h);
    order += 'a';
  };
  const auto other = [&]() -> async_task<void> {
    order += 'b';
    co_return;
  };
  loop.start(past());
  loop.start(other());
  loop.run();
  EXPECT_EQ(order, "aab");
}

TEST(EventLoopTiming, SleepersWakeInTheOrderOfTheirTimesAndNeverEarly) {
  event_loop loop;
  std::string order;
  const auto base = clock::now();
  const auto sleeper = [&](char name, std::chrono::milliseconds after) -> async_task<void> {
    co_await sleep_until(loop, base + after);
    EXPECT_GE(clock::now(), base + after);
    order += name;
  };
  loop.start(sleeper('c', 30ms));
  loop.start(sleeper('a', 10ms));
  loop.start(sleeper('b', 20ms));
  loop.run();
  EXPECT_EQ(order, "abc");
}

// An unawaited root must not leak either: the loop took it over.
TEST(EventLoop, ALoopThatNeverRanReleasesWhatItsTasksHold) {
  const auto token = std::make_shared<int>(1);
  {
    event_loop loop;
    const auto body = [](std::shared_ptr<int>) -> async_task<void> { co_return; };
    loop.start(body(token));
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace regatta
