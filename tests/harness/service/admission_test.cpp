// SPDX-License-Identifier: Apache-2.0
#include "harness/service/admission.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>
#include <vector>

namespace regatta::test {
namespace {

using verdict = admission::verdict;

TEST(Admission, LetsInAsManyAsTheLimitAndOneMoreWhenOneHasLeft) {
  admission gate(2);
  EXPECT_EQ(gate.enter(), verdict::admitted);
  EXPECT_EQ(gate.enter(), verdict::admitted);
  EXPECT_EQ(gate.enter(), verdict::full);
  EXPECT_EQ(gate.inside(), 2U) << "who was refused is not inside";
  gate.leave();
  EXPECT_EQ(gate.enter(), verdict::admitted);
}

TEST(Admission, LetsNobodyInOnceItDrains) {
  admission gate(2);
  EXPECT_EQ(gate.enter(), verdict::admitted);
  gate.drain();
  EXPECT_EQ(gate.enter(), verdict::draining);
  gate.leave();
  EXPECT_EQ(gate.inside(), 0U);
  EXPECT_EQ(gate.enter(), verdict::draining);
}

TEST(Admission, NeverHasMoreInsideThanTheLimitWhateverThreadsDo) {
  constexpr int limit = 3;
  admission gate(limit);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> let_in{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 2000; ++round) {
          if (gate.enter() != verdict::admitted) continue;
          const int now = ++inside;
          int seen = most;
          while (seen < now && !most.compare_exchange_weak(seen, now)) {
          }
          ++let_in;
          --inside;
          gate.leave();
        }
      });
    }
  }
  EXPECT_LE(most, limit);
  EXPECT_GT(let_in, 0);
  EXPECT_EQ(gate.inside(), 0U);
}

TEST(Admission, ARefusedClientComesBackAfterAboutTheTimeOfARequest) {
  EXPECT_EQ(retry_after_seconds(0), 1U) << "nothing is known yet";
  EXPECT_EQ(retry_after_seconds(0.2), 1U);
  EXPECT_EQ(retry_after_seconds(4.01), 5U);
  EXPECT_EQ(retry_after_seconds(1000), 60U);
  EXPECT_EQ(retry_after_seconds(-1), 1U);
  EXPECT_EQ(retry_after_seconds(std::numeric_limits<double>::quiet_NaN()), 1U);
}

}  // namespace
}  // namespace regatta::test
