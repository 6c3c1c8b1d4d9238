// SPDX-License-Identifier: Apache-2.0
#include "harness/process/parking_spot.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <new>
#include <thread>

#include "harness/platform/child_process.hpp"
#include "harness/platform/mapping.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

TEST(ParkingSpot, WhoIsReadyDoesNotSleep) {
  parking_spot spot;
  const auto before = clock::now();
  spot.park([] { return true; }, 1h);
  EXPECT_LT(clock::now() - before, 1min);
}

TEST(ParkingSpot, NobodyWakesUpFromANonsensicalTimeout) {
  parking_spot spot;
  spot.park([] { return false; }, 0ns);
  spot.park([] { return false; }, -5s);
}

TEST(ParkingSpot, SleepsNoLongerThanItsTimeout) {
  parking_spot spot;
  spot.park([] { return false; }, 1ms);
}

TEST(ParkingSpot, AWakeWithoutASleeperIsNotRemembered) {
  parking_spot spot;
  spot.wake();
  bool looked = false;
  spot.park([&] { return looked = true; }, 1h);
  EXPECT_TRUE(looked) << "the condition decides, not an earlier wake";
}

// The sleeper announces itself before it looks: a waker that comes between is seen by one of both.
TEST(ParkingSpot, AWakeBetweenLookingAndSleepingIsNotLost) {
  parking_spot spot;
  std::atomic<bool> done{false};
  const auto before = clock::now();
  spot.park(
      [&] {
        const bool was = done.load(std::memory_order_seq_cst);
        if (!was) {
          std::jthread([&] {
            done.store(true, std::memory_order_seq_cst);
            spot.wake();
          }).join();
        }
        return was;
      },
      1h);
  EXPECT_LT(clock::now() - before, 1min);
  EXPECT_TRUE(done);
}

// A ball between two processes; a lost wake-up would stop it for an hour and the test with it.
TEST(ParkingSpot, WakesAcrossProcesses) {
  struct table {
    parking_spot ours, theirs;
    std::atomic<int> ball{0};
  };
  const shared_mapping memory(sizeof(table));
  auto* const shared = new (memory.bytes().data()) table();
  constexpr int rounds = 2000;
  const auto await = [&](parking_spot& spot, int value) {
    const auto ready = [&] { return shared->ball.load(std::memory_order_seq_cst) == value; };
    while (!ready()) spot.park(ready, 1h);
  };
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (int i = 0; i < rounds; ++i) {
      await(shared->theirs, 2 * i + 1);
      shared->ball.store(2 * i + 2, std::memory_order_seq_cst);
      shared->ours.wake();
    }
    ::_exit(0);
  }
  for (int i = 0; i < rounds; ++i) {
    shared->ball.store(2 * i + 1, std::memory_order_seq_cst);
    shared->theirs.wake();
    await(shared->ours, 2 * i + 2);
  }
  EXPECT_EQ(wait_child(child, true)->code, 0);
  EXPECT_EQ(shared->ball, 2 * rounds);
}

}  // namespace
}  // namespace regatta
