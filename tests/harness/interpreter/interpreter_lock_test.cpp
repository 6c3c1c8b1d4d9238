// SPDX-License-Identifier: Apache-2.0
#include "harness/interpreter/interpreter_lock.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

// The switch interval as the test wants it: it is over when the test says so.
class told_interval {
 public:
  interpreter_lock::interval_wait wait() {
    return [this](std::condition_variable& changed, std::unique_lock<std::mutex>& lock) {
      {
        const std::lock_guard guard(mutex_);
        ++waits_;
        changed_ = &changed;
      }
      waiting_.notify_all();
      changed.wait(lock);
      return over_.exchange(false);
    };
  }

  // Until somebody has begun to wait for the `count`th time, and really waits.
  void await(unsigned count, const interpreter_lock& lock) {
    {
      std::unique_lock guard(mutex_);
      waiting_.wait(guard, [&] { return waits_ >= count; });
    }
    (void)lock.switches();  // its mutex is free only when the waiter sleeps
  }

  void is_over() {
    over_ = true;
    const std::lock_guard guard(mutex_);
    changed_->notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable waiting_;
  unsigned waits_ = 0;
  std::condition_variable* changed_ = nullptr;
  std::atomic<bool> over_{false};
};

struct InterpreterLock : ::testing::Test {
  std::atomic<bool> drop_request{false};
  told_interval interval;
  interpreter_lock lock{drop_request, interval.wait()};
};

TEST_F(InterpreterLock, AWaiterAsksOnlyWhenTheIntervalIsOver) {
  lock.take();
  std::jthread other([&] {
    lock.take();
    lock.drop();
  });
  interval.await(1, lock);
  EXPECT_FALSE(drop_request) << "it asked at once";
  interval.is_over();
  interval.await(2, lock);
  EXPECT_TRUE(drop_request);
  lock.drop();
}

TEST_F(InterpreterLock, AHolderThatWasAskedWaitsUntilAnotherHasTakenIt) {
  lock.take();
  std::jthread other([&] {
    lock.take();
    lock.drop();
  });
  interval.await(1, lock);
  interval.is_over();
  interval.await(2, lock);
  ASSERT_EQ(lock.switches(), 1U);
  lock.drop();
  EXPECT_EQ(lock.switches(), 2U) << "it came back from drop() before the other had the lock";
}

TEST_F(InterpreterLock, TakingItAnswersTheRequest) {
  lock.take();
  std::latch taken(1);
  std::latch may_end(1);
  std::jthread other([&] {
    lock.take();
    taken.count_down();
    may_end.wait();
    lock.drop();
  });
  interval.await(1, lock);
  interval.is_over();
  interval.await(2, lock);
  lock.drop();
  taken.wait();
  EXPECT_FALSE(drop_request) << "the new holder would give it back at once";
  may_end.count_down();
}

TEST_F(InterpreterLock, AHolderThatWasNotAskedMayTakeItBack) {
  lock.take();
  lock.drop();
  lock.take();
  EXPECT_EQ(lock.switches(), 1U);
  lock.drop();
}

TEST_F(InterpreterLock, NobodyAsksForALockThatHasJustChangedHands) {
  lock.take();
  std::latch may_end(1);
  const auto contender = [&] {
    lock.take();
    may_end.wait();
    lock.drop();
  };
  std::jthread one(contender);
  std::jthread two(contender);
  interval.await(2, lock);
  lock.drop();  // one of them takes it
  while (lock.switches() < 2) std::this_thread::yield();
  interval.is_over();  // for the other, which has waited since before
  interval.await(3, lock);
  EXPECT_FALSE(drop_request);
  may_end.count_down();
}

TEST(InterpreterLockTiming, ThreadsThatComputeTakeTurns) {
  std::atomic<bool> drop_request{false};
  interpreter_lock lock(drop_request, 1ms);
  std::atomic<std::uint64_t> turns[2] = {};
  const auto compute = [&](int which) {
    lock.take();
    while (lock.switches() < 20) {
      ++turns[which];
      if (drop_request) {
        lock.drop();
        lock.take();
      }
    }
    lock.drop();
  };
  {
    std::jthread one(compute, 0);
    std::jthread two(compute, 1);
  }
  EXPECT_GT(turns[0], 0U);
  EXPECT_GT(turns[1], 0U);
}

TEST(InterpreterLockTiming, AWaiterWaitsForTheWholeInterval) {
  std::atomic<bool> drop_request{false};
  interpreter_lock lock(drop_request);
  lock.take();
  const auto began = std::chrono::steady_clock::now();
  std::jthread other([&] {
    lock.take();
    lock.drop();
  });
  while (!drop_request) std::this_thread::yield();
  EXPECT_GE(std::chrono::steady_clock::now() - began, interpreter_lock::usual_interval);
  lock.drop();
}

}  // namespace
}  // namespace regatta::test
