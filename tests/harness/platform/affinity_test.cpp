// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/affinity.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace regatta {
namespace {

TEST(Affinity, AThreadMayRunSomewhere) { EXPECT_FALSE(current_affinity().empty()); }

TEST(Affinity, APinnedThreadRunsThereAndOnlyThere) {
  const auto before = current_affinity();
  std::thread([&] {
    const int last = before.back();
    ASSERT_TRUE(pin_this_thread(last));
    EXPECT_EQ(current_affinity(), std::vector<int>{last});
    EXPECT_EQ(::sched_getcpu(), last);
  }).join();
  EXPECT_EQ(current_affinity(), before) << "pinning one thread moved another";
}

TEST(Affinity, WhatIsNotThereIsRefused) {
  const auto before = current_affinity();
  EXPECT_FALSE(pin_this_thread(-1));
  EXPECT_FALSE(pin_this_thread(1 << 20));
  EXPECT_FALSE(set_affinity({}));
  EXPECT_EQ(current_affinity(), before);
}

TEST(ScopedAffinity, GivesBackWhatWasThereBefore) {
  const auto before = current_affinity();
  {
    const scoped_affinity here(before.front());
    EXPECT_TRUE(here.active());
    EXPECT_EQ(current_affinity(), std::vector<int>{before.front()});
  }
  EXPECT_EQ(current_affinity(), before);
}

TEST(ScopedAffinity, ThatWasRefusedChangesNothing) {
  const auto before = current_affinity();
  {
    const scoped_affinity nowhere(1 << 20);
    EXPECT_FALSE(nowhere.active());
    EXPECT_EQ(current_affinity(), before);
  }
  EXPECT_EQ(current_affinity(), before);
}

}  // namespace
}  // namespace regatta
