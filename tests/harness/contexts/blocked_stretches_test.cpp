// SPDX-License-Identifier: Apache-2.0
#include "harness/contexts/blocked_stretches.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

block_report report(std::uint64_t stretch, block_cause cause, const std::string& function,
                    const source_place& place = {}) {
  block_report made;
  made.stretch = stretch;
  made.threshold = 10ms;
  made.cause = cause;
  made.blocker.function = function;
  made.blocker.place = place;
  return made;
}

loop_health health(std::uint64_t stretches, std::chrono::nanoseconds blocked,
                   std::chrono::nanoseconds longest) {
  loop_health made;
  made.stretches = stretches;
  made.blocked = blocked;
  made.longest = longest;
  return made;
}

class BlockedStretches : public ::testing::Test {
 protected:
  finding only(std::uint64_t items = 20) {
    const auto found = stretches_.findings(items);
    EXPECT_TRUE(found.has_value());
    EXPECT_THAT(*found, SizeIs(1));
    return found->at(0);
  }
  blocked_stretches stretches_{10ms};
};

TEST_F(BlockedStretches, WhereNobodyLookedNothingIsKnown) {
  EXPECT_EQ(stretches_.findings(5), std::nullopt);
}

TEST_F(BlockedStretches, WhereNothingWasBlockedThereAreNone) {
  stretches_.begin_watch();
  stretches_.add({}, health(0, 0ms, 0ms));
  ASSERT_TRUE(stretches_.findings(5).has_value());
  EXPECT_THAT(*stretches_.findings(5), IsEmpty());
}

TEST_F(BlockedStretches, EpochsAndLoopsAddUp) {
  for (int epoch = 0; epoch < 2; ++epoch) {
    const unsigned watch = stretches_.begin_watch();
    stretches_.noticed(watch, report(1, block_cause::computing,
                                     "regatta::(anonymous namespace)::encode(std::span<int>)",
                                     {"/src/workloads/cpu/tokenize.cpp", 88}));
    stretches_.add({}, health(3, 90ms, epoch == 0 ? 41ms : 30ms));
  }
  const finding found = only(1204);
  EXPECT_EQ(found.kind, finding_kind::blocked_loop);
  EXPECT_DOUBLE_EQ(found.threshold, 0.01);
  EXPECT_EQ(found.stretches, 6U);
  EXPECT_DOUBLE_EQ(found.blocked, 0.18);
  EXPECT_DOUBLE_EQ(found.longest, 0.041);
  EXPECT_EQ(found.items, 1204U);
  EXPECT_EQ(found.looked_at, 2U) << "both watches number their stretches from 1";
  EXPECT_EQ(found.cause, cause_computing);
  EXPECT_EQ(found.function, "encode");
  EXPECT_EQ(found.place, "/src/workloads/cpu/tokenize.cpp:88");
  EXPECT_EQ(found.sentence,
            "An event loop was blocked for more than 10 ms 6 times, for up to 41 ms and 180 ms in "
            "all, while 1204 items were answered: computing in encode at tokenize.cpp:88.");
}

TEST_F(BlockedStretches, TheLastReportOfAStretchKnowsMost) {
  const unsigned watch = stretches_.begin_watch();
  stretches_.noticed(watch, report(7, block_cause::unknown, ""));
  stretches_.noticed(watch, report(7, block_cause::file_sync, "store(int)"));
  stretches_.add({}, health(1, 12ms, 12ms));
  const finding found = only();
  EXPECT_EQ(found.looked_at, 1U);
  EXPECT_EQ(found.cause, to_string(block_cause::file_sync));
  EXPECT_EQ(found.sentence,
            fmt::format("An event loop was blocked for more than 10 ms once, for 12 ms, while 20 "
                        "items were answered: {} in store.",
                        to_string(block_cause::file_sync)));
}

TEST_F(BlockedStretches, WhatMostHaveInCommonIsCalledThat) {
  const unsigned watch = stretches_.begin_watch();
  for (unsigned stretch = 0; stretch < 5; ++stretch) {
    const bool odd_one = stretch == 2;
    stretches_.noticed(watch,
                       report(stretch, odd_one ? block_cause::cpu_wait : block_cause::computing,
                              odd_one ? "resume()" : "encode()"));
  }
  stretches_.add({}, health(40, 2s, 80ms));
  const finding found = only();
  EXPECT_EQ(found.function, "encode");
  EXPECT_EQ(found.looked_at, 5U);
  EXPECT_THAT(found.sentence, HasSubstr("up to 80 ms and 2 s in all"));
  EXPECT_THAT(found.sentence, HasSubstr(": mostly computing in encode."));
}

// The warm-up's longest says nothing of what came after it.
TEST_F(BlockedStretches, CountsWhatCameBetweenTwoLooks) {
  stretches_.begin_watch();
  stretches_.add(health(5, 1s, 400ms), health(5, 1s, 400ms));
  EXPECT_THAT(*stretches_.findings(1), IsEmpty());
  stretches_.add(health(5, 1s, 400ms), health(7, 1100ms, 400ms));
  EXPECT_EQ(only().stretches, 2U);
  EXPECT_DOUBLE_EQ(only().blocked, 0.1);
  stretches_.add(health(7, 1100ms, 400ms), health(8, 1600ms, 500ms));
  EXPECT_DOUBLE_EQ(only().blocked, 0.6);
  EXPECT_DOUBLE_EQ(only().longest, 0.5);
}

TEST_F(BlockedStretches, OfAStretchThatHasNotEndedAReportSaysHowLongItIs) {
  block_report still = report(1, block_cause::computing, "encode()");
  still.duration = 20ms;
  stretches_.noticed(stretches_.begin_watch(), still);
  stretches_.add({}, health(1, 0ms, 0ms));
  EXPECT_DOUBLE_EQ(only().longest, 0.02);
  EXPECT_DOUBLE_EQ(only().blocked, 0.02);
}

TEST_F(BlockedStretches, AFunctionWithoutASymbolIsNotKnown) {
  const unsigned watch = stretches_.begin_watch();
  stretches_.noticed(watch, report(1, block_cause::computing, "0x7f12"));
  stretches_.add({}, health(2, 30ms, 15ms));
  EXPECT_EQ(only().function, "");
  EXPECT_EQ(only().place, "");
  EXPECT_THAT(only().sentence, HasSubstr("answered: computing."));
}

TEST_F(BlockedStretches, AwaitsAReportOnlyWhereOneCanBeExpected) {
  constexpr auto forever = 1h;
  const unsigned watch = stretches_.begin_watch();
  stretches_.await_report(forever);
  stretches_.add({}, health(1, 12ms, 12ms));
  std::jthread watchdog(
      [&] { stretches_.noticed(watch, report(1, block_cause::computing, "encode()")); });
  stretches_.await_report(forever);
  EXPECT_EQ(only().looked_at, 1U);
}

TEST_F(BlockedStretches, WithoutAReportTheNumbersStandAlone) {
  stretches_.begin_watch();
  stretches_.add({}, health(2, 30ms, 15ms));
  const finding found = only();
  EXPECT_EQ(found.looked_at, 0U);
  EXPECT_EQ(found.cause, "");
  EXPECT_EQ(found.sentence,
            "An event loop was blocked for more than 10 ms 2 times, for up to 15 ms and 30 ms in "
            "all, while 20 items were answered.");
}

// REGATTA_DEBUG=slow=50ms goes before what the program asks for.
TEST_F(BlockedStretches, TheThresholdIsTheMonitorsOwn) {
  block_report other = report(1, block_cause::computing, "encode()");
  other.threshold = 50ms;
  stretches_.noticed(stretches_.begin_watch(), other);
  stretches_.add({}, health(1, 60ms, 60ms));
  EXPECT_DOUBLE_EQ(only().threshold, 0.05);
}

// The reasons of a recommendation go by this word.
TEST(BlockedStretchesWords, ComputingIsTheMonitorsWordForIt) {
  EXPECT_EQ(cause_computing, to_string(block_cause::computing));
}

TEST_F(BlockedStretches, TakesReportsWhileOthersAskAndEnd) {
  constexpr unsigned rounds = 200;
  const unsigned watch = stretches_.begin_watch();
  {
    std::jthread watchdog([&] {
      for (unsigned i = 0; i < rounds; ++i) {
        stretches_.noticed(watch, report(i, block_cause::computing, "encode()"));
      }
    });
    std::jthread loop([&] {
      for (unsigned i = 0; i < rounds; ++i) stretches_.add({}, health(1, 11ms, 11ms));
    });
    for (unsigned i = 0; i < rounds; ++i) stretches_.findings(i);
  }
  EXPECT_EQ(only().stretches, rounds);
  EXPECT_EQ(only().looked_at, rounds);
}

}  // namespace
}  // namespace regatta::test
