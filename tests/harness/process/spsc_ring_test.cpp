// SPDX-License-Identifier: Apache-2.0
#include "harness/process/spsc_ring.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <new>
#include <thread>

#include "harness/platform/child_process.hpp"
#include "harness/platform/mapping.hpp"

namespace regatta {
namespace {

TEST(SpscRing, IsEmptyAtFirst) {
  spsc_ring<int, 4> ring;
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.front(), nullptr);
}

TEST(SpscRing, GivesBackInOrder) {
  spsc_ring<int, 4> ring;
  for (const int value : {1, 2, 3}) EXPECT_TRUE(ring.push(value));
  EXPECT_FALSE(ring.empty());
  for (const int value : {1, 2, 3}) {
    ASSERT_NE(ring.front(), nullptr);
    EXPECT_EQ(*ring.front(), value);
    EXPECT_EQ(*ring.front(), value) << "looking takes nothing out";
    ring.pop();
  }
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.front(), nullptr);
}

TEST(SpscRing, RefusesWhenFullAndTakesMoreAfterAPop) {
  spsc_ring<int, 2> ring;
  EXPECT_TRUE(ring.push(1));
  EXPECT_TRUE(ring.push(2));
  EXPECT_FALSE(ring.push(3));
  ASSERT_EQ(*ring.front(), 1) << "the refused value overwrote one";
  ring.pop();
  EXPECT_TRUE(ring.push(3));
  EXPECT_FALSE(ring.push(4));
  ASSERT_EQ(*ring.front(), 2);
  ring.pop();
  ASSERT_EQ(*ring.front(), 3);
}

TEST(SpscRing, WrapsAroundManyTimes) {
  spsc_ring<int, 4> ring;
  int next = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(ring.push(i));
    if (i % 3 == 2) {
      for (int k = 0; k < 3; ++k) {
        ASSERT_EQ(*ring.front(), next++);
        ring.pop();
      }
    }
  }
}

constexpr std::uint64_t many = 1'000'000;

// Two words that must arrive together.
struct pair {
  std::uint64_t first, second;
};

TEST(SpscRing, AMillionValuesCrossBetweenTwoThreadsInOrderAndWhole) {
  const auto ring = std::make_unique<spsc_ring<pair, 64>>();
  const std::jthread producer([&ring] {
    for (std::uint64_t i = 0; i < many;) {
      if (ring->push({i, ~i})) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < many;) {
    const pair* const value = ring->front();
    if (value == nullptr) {
      std::this_thread::yield();
      continue;
    }
    wrong += value->first != i || value->second != ~i;
    ring->pop();
    ++i;
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_TRUE(ring->empty());
}

TEST(SpscRing, WorksBetweenProcesses) {
  using ring_type = spsc_ring<pair, 8>;
  const shared_mapping memory(sizeof(ring_type));
  auto* const ring = new (memory.bytes().data()) ring_type();
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (std::uint64_t i = 0; i < 10'000;) {
      if (ring->push({i, ~i})) {
        ++i;
      } else {
        ::usleep(0);
      }
    }
    ::_exit(0);
  }
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < 10'000;) {
    const pair* const value = ring->front();
    if (value == nullptr) {
      std::this_thread::yield();
      continue;
    }
    wrong += value->first != i || value->second != ~i;
    ring->pop();
    ++i;
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(wait_child(child, true)->code, 0);
}

}  // namespace
}  // namespace regatta
