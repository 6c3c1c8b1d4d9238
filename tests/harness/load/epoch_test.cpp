// SPDX-License-Identifier: Apache-2.0
#include "harness/load/epoch.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace regatta {
namespace {

using namespace std::chrono_literals;

const buffer right = to_buffer("right");
const buffer wrong = to_buffer("wrong");

std::vector<digest> key_of(std::size_t items) {
  return std::vector<digest>(items, digest_of(right));
}

epoch_plan items_only(std::uint64_t limit) {
  epoch_plan plan;
  plan.item_limit = limit;
  return plan;
}

TEST(Epoch, TicketsCountUpFromTheFirstIndex) {
  const auto key = key_of(1);
  epoch_plan plan = items_only(3);
  plan.first_index = 70;
  epoch slice(plan, key);
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto which = slice.claim();
    ASSERT_TRUE(which);
    EXPECT_EQ(which->sequence, i);
    EXPECT_EQ(which->index, 70 + i);
  }
}

TEST(Epoch, EndsAtItsItemLimitHoweverOftenItIsAsked) {
  const auto key = key_of(1);
  epoch slice(items_only(2), key);
  recorder& notes = slice.new_recorder();
  while (const auto which = slice.claim()) notes.answered(*which, right);
  EXPECT_FALSE(slice.claim());
  EXPECT_FALSE(slice.claim());
  const epoch_result result = slice.finish();
  EXPECT_EQ(result.items, 2U);
  EXPECT_EQ(result.accounting_error, "") << "refused claims are nobody's items";
}

TEST(Epoch, AWindowThatIsOverHandsOutNothing) {
  const auto key = key_of(1);
  epoch slice(epoch_plan{}, key);
  EXPECT_FALSE(slice.claim());
  EXPECT_EQ(slice.finish().accounting_error, "");
}

TEST(Epoch, ThreadsNeverShareATicket) {
  const auto key = key_of(1);
  epoch slice(items_only(20'000), key);
  std::vector<std::vector<std::uint64_t>> seen(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : seen) {
      threads.emplace_back([&slice, &mine] {
        recorder& notes = slice.new_recorder();
        while (const auto which = slice.claim()) {
          mine.push_back(which->sequence);
          notes.answered(*which, right);
        }
      });
    }
  }
  std::set<std::uint64_t> all;
  for (const auto& mine : seen) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 20'000U);
  const epoch_result result = slice.finish();
  EXPECT_EQ(result.items, 20'000U);
  EXPECT_EQ(result.accounting_error, "");
}

TEST(EpochAccounting, NoticesAnItemThatWasNeverAnswered) {
  const auto key = key_of(1);
  epoch slice(items_only(4), key);
  recorder& notes = slice.new_recorder();
  notes.answered(*slice.claim(), right);
  slice.claim();
  slice.claim();
  notes.failed(*slice.claim(), "no");
  EXPECT_EQ(slice.finish().accounting_error, "2 items were never answered");
}

TEST(EpochAccounting, NoticesAnAnswerGivenTwice) {
  const auto key = key_of(1);
  epoch slice(items_only(2), key);
  recorder& notes = slice.new_recorder();
  const auto first = slice.claim();
  notes.answered(*first, right);
  notes.answered(*first, right);
  notes.answered(*slice.claim(), right);
  EXPECT_EQ(slice.finish().accounting_error, "1 answers were given twice");
}

TEST(EpochAccounting, NoticesOneItemDroppedAndAnotherAnsweredInItsPlace) {
  const auto key = key_of(1);
  epoch slice(items_only(2), key);
  const auto first = slice.claim();
  slice.claim();
  // On two recorders, so that only the sums can tell.
  slice.new_recorder().answered(*first, right);
  slice.new_recorder().failed(*first, "again");
  EXPECT_EQ(slice.finish().accounting_error, "some items were answered twice and others never");
}

TEST(Epoch, CountsWrongAnswersByTheKeyOfTheItem) {
  const std::vector<digest> key = {digest_of(right), digest_of(wrong)};
  epoch_plan plan = items_only(4);
  plan.first_index = 3;  // items 3, 4, 5, 6: keys 1, 0, 1, 0
  epoch slice(plan, key);
  recorder& notes = slice.new_recorder();
  while (const auto which = slice.claim()) notes.answered(*which, right);
  const epoch_result result = slice.finish();
  EXPECT_EQ(result.items, 4U);
  EXPECT_EQ(result.wrong, 2U);
  EXPECT_EQ(result.failures, 0U);
}

TEST(Epoch, KeepsTheFirstFailuresTextAndLeavesFailuresOutOfTheLatencies) {
  const auto key = key_of(1);
  epoch slice(items_only(3), key);
  slice.new_recorder();  // saw nothing: its empty text must not hide the others'
  recorder& notes = slice.new_recorder();
  notes.failed(*slice.claim(), "the first");
  notes.failed(*slice.claim(), "the second");
  notes.answered(*slice.claim(), right);
  const epoch_result result = slice.finish();
  EXPECT_EQ(result.failures, 2U);
  EXPECT_EQ(result.first_failure, "the first");
  EXPECT_EQ(result.items, 1U);
  EXPECT_EQ(result.latencies.size(), 1U);
  EXPECT_EQ(result.accounting_error, "");
}

TEST(Epoch, StaggerSpreadsTheFirstItemsInFlightAndNoOthers) {
  const auto key = key_of(1);
  epoch_plan plan = items_only(5);
  plan.in_flight = 4;
  plan.stagger = 4h;
  epoch slice(plan, key);
  const auto first = slice.claim();
  const auto second = slice.claim();
  const auto third = slice.claim();
  const auto fourth = slice.claim();
  const auto fifth = slice.claim();
  const auto now = std::chrono::steady_clock::now();
  EXPECT_LE(first->due, now);
  // Exactly an hour apart: all count from the same start, and none of these hours has passed.
  EXPECT_EQ(third->due - second->due, 1h);
  EXPECT_EQ(fourth->due - third->due, 1h);
  EXPECT_GT(second->due, now + 59min);
  EXPECT_LE(fifth->due, now);
}

// Four hours of window, so that the test's own duration does not show.
epoch_plan four_hours() {
  epoch_plan plan;
  plan.ramp = 1h;
  plan.window = 4h;
  return plan;
}

TEST(EpochThroughput, CreditsEachItemByTheShareOfItsLifeInsideTheWindow) {
  const auto key = key_of(1);
  const auto before = std::chrono::steady_clock::now();
  epoch slice(four_hours(), key);
  recorder& notes = slice.new_recorder();
  const auto live = [&](auto from, auto to) {
    auto which = *slice.claim();
    which.due = before + from;
    notes.answered(which, right, before + to);
  };
  live(2h, 3h);        // inside: 1
  live(30min, 90min);  // across the beginning: 1/2
  live(4h, 8h);        // across the end: 1/4
  live(0h, 10h);       // across both: 4/10
  live(0min, 50min);   // ramp only
  live(6h, 7h);        // drain only
  const epoch_result result = slice.finish();
  EXPECT_NEAR(result.throughput * 4 * 3600, 2.15, 0.01);
  EXPECT_EQ(result.items, 6U);
}

TEST(EpochThroughput, ClosedLoopLatenciesAreOfItemsThatFinishInTheWindow) {
  const auto key = key_of(1);
  const auto before = std::chrono::steady_clock::now();
  epoch slice(four_hours(), key);
  recorder& notes = slice.new_recorder();
  const auto live = [&](auto from, auto to) {
    auto which = *slice.claim();
    which.due = before + from;
    notes.answered(which, right, before + to);
  };
  live(30min, 90min);
  live(4h, 8h);
  live(0min, 50min);
  EXPECT_EQ(slice.median_lifetime(), 3600.0) << "of all items, in the window or not";
  EXPECT_EQ(slice.finish().latencies, std::vector<double>{3600.0});
}

TEST(EpochThroughput, WithAnItemLimitTheWindowEndsWithTheLastItem) {
  const auto key = key_of(1);
  const auto before = std::chrono::steady_clock::now();
  epoch slice(items_only(2), key);
  recorder& notes = slice.new_recorder();
  for (const auto finished : {1h, 2h}) {
    auto which = *slice.claim();
    which.due = before + finished - 1h;
    notes.answered(which, right, before + finished);
  }
  const epoch_result result = slice.finish();
  EXPECT_NEAR(result.throughput * 3600, 1, 0.01) << "two items in two hours";
  EXPECT_EQ(result.latencies.size(), 2U);
}

}  // namespace
}  // namespace regatta
