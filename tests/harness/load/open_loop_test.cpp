// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/load/epoch.hpp"

namespace regatta {
namespace {

using namespace std::chrono_literals;
using nanoseconds = std::chrono::nanoseconds;

const buffer right_answer = to_buffer("right");
const std::vector<digest> key = {digest_of(right_answer)};

epoch_plan arrivals(double rate, std::uint64_t seed, std::uint64_t limit) {
  epoch_plan plan;
  plan.rate = rate;
  plan.seed = seed;
  plan.item_limit = limit;
  return plan;
}

std::vector<nanoseconds> gaps_of(const epoch_plan& plan) {
  epoch slice(plan, key);
  std::vector<nanoseconds> gaps;
  std::optional<steady_time> last;
  while (const auto which = slice.claim()) {
    if (last) gaps.push_back(which->due - *last);
    last = which->due;
  }
  return gaps;
}

TEST(OpenLoop, ArrivalsAreAFunctionOfTheSeed) {
  EXPECT_EQ(gaps_of(arrivals(1000, 1, 500)), gaps_of(arrivals(1000, 1, 500)));
  EXPECT_NE(gaps_of(arrivals(1000, 1, 500)), gaps_of(arrivals(1000, 2, 500)));
}

TEST(OpenLoop, GapsAreExponentialWithTheMeanOfTheRate) {
  const auto gaps = gaps_of(arrivals(1000, 3, 40'000));
  ASSERT_EQ(gaps.size(), 39'999U);
  double sum = 0;
  double squares = 0;
  std::size_t beyond_mean = 0;
  for (const nanoseconds gap : gaps) {
    const double milliseconds = std::chrono::duration<double, std::milli>(gap).count();
    ASSERT_GE(milliseconds, 0);
    sum += milliseconds;
    squares += milliseconds * milliseconds;
    beyond_mean += milliseconds > 1;
  }
  const double count = static_cast<double>(gaps.size());
  const double mean = sum / count;
  EXPECT_NEAR(mean, 1, 0.03);
  EXPECT_NEAR(squares / count - mean * mean, 1, 0.08)
      << "variance of an exponential is mean squared";
  EXPECT_NEAR(static_cast<double>(beyond_mean) / count, std::exp(-1), 0.01);
}

TEST(OpenLoop, ArrivalsFillRampAndWindowAndNoMore) {
  epoch_plan plan;
  plan.rate = 1;
  plan.ramp = 1000s;
  plan.window = 9000s;
  const auto before = std::chrono::steady_clock::now();
  epoch slice(plan, key);
  const auto after = std::chrono::steady_clock::now();
  std::uint64_t count = 0;
  steady_time last;
  while (const auto which = slice.claim()) {
    ++count;
    last = which->due;
  }
  EXPECT_NEAR(static_cast<double>(count), 10'000, 300);
  EXPECT_LE(last, after + 10'000s);
  EXPECT_GT(last, before + 9'900s);
}

TEST(OpenLoop, ArrivalsThatNobodyClaimedAreUnservedAndInTheLatencies) {
  // 1e9 a second: all five are due before anybody can have claimed them.
  epoch slice(arrivals(1e9, 1, 5), key);
  recorder& notes = slice.new_recorder();
  const auto first = slice.claim();
  const auto second = slice.claim();
  notes.answered(*first, right_answer, first->due + 1ns);
  notes.answered(*second, right_answer, second->due + 2h);
  const epoch_result result = slice.finish();
  EXPECT_EQ(result.unserved, 3U);
  EXPECT_EQ(result.items, 2U);
  EXPECT_EQ(result.accounting_error, "")
      << "an arrival nobody claimed is not an item that was lost";
  ASSERT_EQ(result.latencies.size(), 5U);
  EXPECT_EQ(std::count_if(result.latencies.begin() + 2, result.latencies.end(),
                          [](double wait) { return wait > 0 && wait < 3600; }),
            3);
}

TEST(OpenLoop, LatencyCountsFromTheIntendedStart) {
  epoch slice(arrivals(1000, 1, 1), key);
  recorder& notes = slice.new_recorder();
  const auto which = slice.claim();
  notes.answered(*which, right_answer, which->due + 3s);
  EXPECT_EQ(slice.finish().latencies, std::vector<double>{3.0});
}

TEST(OpenLoop, LatenciesAreOfItemsThatWereDueInTheWindow) {
  epoch_plan plan;
  plan.rate = 0.01;
  plan.ramp = 1h;
  plan.window = 1h;
  const auto before = std::chrono::steady_clock::now();
  epoch slice(plan, key);
  recorder& notes = slice.new_recorder();
  std::size_t in_window = 0;
  std::size_t in_ramp = 0;
  while (const auto which = slice.claim()) {
    notes.answered(*which, right_answer, which->due + 5h);
    ++(which->due >= before + 1h ? in_window : in_ramp);
  }
  ASSERT_GT(in_window, 0U);
  ASSERT_GT(in_ramp, 0U);
  EXPECT_EQ(slice.finish().latencies, std::vector<double>(in_window, 5 * 3600.0));
}

}  // namespace
}  // namespace regatta
