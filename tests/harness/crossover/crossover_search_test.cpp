// SPDX-License-Identifier: Apache-2.0
#include "harness/crossover/crossover_search.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

namespace regatta {
namespace {

const crossover_axis thousand{1, 1000, true};
constexpr std::size_t serial = 0;
constexpr std::size_t coroutine = 1;

// Serial below `at`, coroutine from there on; nobody within a factor of `plateau` around it.
leader crossing(double value, double at, double plateau = 1) {
  if (value > at / plateau && value < at * plateau) return std::nullopt;
  return value < at ? serial : coroutine;
}

struct search_log {
  std::vector<searched_point> points;
  std::vector<double> asked;
};

template <class Answer>
search_log searched(const crossover_axis& axis, const search_limits& limits, Answer answer) {
  search_log log;
  log.points = search_crossovers(axis, limits, [&](double at) -> std::optional<leader> {
    log.asked.push_back(at);
    return answer(at);
  });
  return log;
}

TEST(CrossoverSearch, BracketsACrossingAsNearAsAskedWithinTwelvePoints) {
  for (const double at : {1.5, 2.0, 7.0, 13.0, 31.5, 100.0, 333.0, 999.5}) {
    const auto log = searched(thousand, {}, [&](double value) { return crossing(value, at); });
    const auto found = crossovers_of(log.points);
    ASSERT_EQ(found.size(), 1U) << at;
    EXPECT_EQ(found[0].below, serial);
    EXPECT_EQ(found[0].above, coroutine);
    EXPECT_LT(found[0].last_below, at);
    EXPECT_GE(found[0].first_above, at);
    const bool neighbours = found[0].first_above - found[0].last_below <= 1;
    EXPECT_TRUE(neighbours || found[0].first_above / found[0].last_below <= 1.15) << at;
    EXPECT_LE(log.asked.size(), 12U) << at;
    EXPECT_EQ(next_to_try(log.points, thousand, {}), std::nullopt) << at;
  }
}

TEST(CrossoverSearch, AsksForNoValueTwiceAndForWholeOnesOnly) {
  const auto log =
      searched({1, 20, true}, {.most_points = 100, .resolution = 1.0001, .coarse = 1.0001},
               [](double value) { return crossing(value, 7, 1.5); });
  const std::set<double> distinct(log.asked.begin(), log.asked.end());
  EXPECT_EQ(distinct.size(), log.asked.size());
  EXPECT_EQ(distinct.size(), 20U) << "all there are, and then it ends";
  for (const double value : log.asked) EXPECT_EQ(value, std::round(value));
}

TEST(CrossoverSearch, OnAnAxisOfFractionsBisectsGeometrically) {
  const auto log =
      searched({0.01, 1, false}, {}, [](double value) { return crossing(value, 0.2); });
  EXPECT_DOUBLE_EQ(log.asked[0], 0.01);
  EXPECT_DOUBLE_EQ(log.asked[1], 1);
  EXPECT_DOUBLE_EQ(log.asked[2], 0.1);
  const auto found = crossovers_of(log.points);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_LE(found[0].first_above / found[0].last_below, 1.15);
}

TEST(CrossoverSearch, WithoutACrossingLooksInBetweenAndEndsEarly) {
  const auto log = searched(thousand, {}, [](double) { return leader(coroutine); });
  EXPECT_TRUE(crossovers_of(log.points).empty());
  EXPECT_EQ(zones_of(log.points), (std::vector<crossover_zone>{{coroutine, 1, 1000}}));
  EXPECT_EQ(log.asked.size(), 5U) << "the ends, the middle and the quarters";
}

TEST(CrossoverSearch, WithoutAnyWinnerSaysSo) {
  const auto log = searched(thousand, {}, [](double) { return leader(); });
  EXPECT_TRUE(crossovers_of(log.points).empty());
  EXPECT_EQ(zones_of(log.points), (std::vector<crossover_zone>{{std::nullopt, 1, 1000}}));
}

TEST(CrossoverSearch, ATiePlateauIsInsideOfTheInterval) {
  const auto log =
      searched(thousand, {.most_points = 16}, [](double value) { return crossing(value, 30, 2); });
  const auto found = crossovers_of(log.points);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_LE(found[0].last_below, 15);
  EXPECT_GE(found[0].first_above, 60);
  // Each edge of it as near as is asked of edges: the square of the resolution.
  EXPECT_GE(found[0].last_below, 15 / 1.33);
  EXPECT_LE(found[0].first_above, 60 * 1.33);
  const auto zones = zones_of(log.points);
  ASSERT_EQ(zones.size(), 3U);
  EXPECT_EQ(zones[1].ahead, std::nullopt);
}

TEST(CrossoverSearch, SeveralCrossingsAreAllFound) {
  const auto answer = [](double value) -> leader {
    if (value < 20) return 0;
    if (value < 150) return 1;
    return 2;
  };
  const auto log = searched(thousand, {.most_points = 20}, answer);
  const auto found = crossovers_of(log.points);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].above, 1U);
  EXPECT_EQ(found[1].below, 1U);
  EXPECT_EQ(found[1].above, 2U);
  EXPECT_LT(found[0].last_below, 20);
  EXPECT_GE(found[0].first_above, 20);
  EXPECT_LT(found[1].last_below, 150);
  EXPECT_GE(found[1].first_above, 150);
}

TEST(CrossoverSearch, AStretchBetweenEqualEndsIsFoundIfItIsWide) {
  const auto log = searched(thousand, {.most_points = 20}, [](double value) -> leader {
    return value > 10 && value < 100 ? coroutine : serial;
  });
  EXPECT_EQ(crossovers_of(log.points).size(), 2U);
}

TEST(CrossoverSearch, NeverAsksMoreOftenThanAllowed) {
  for (const std::size_t most : {1, 2, 3, 7}) {
    const auto log =
        searched(thousand, {.most_points = most}, [](double value) { return crossing(value, 31); });
    EXPECT_EQ(log.asked.size(), most);
  }
}

TEST(CrossoverSearch, EndsWithWhatItHasWhenThereIsNoMoreTime) {
  int left = 4;
  const auto points = search_crossovers(thousand, {}, [&](double value) -> std::optional<leader> {
    if (left-- == 0) return std::nullopt;
    return crossing(value, 31);
  });
  EXPECT_EQ(points.size(), 4U);
  EXPECT_EQ(crossovers_of(points).size(), 1U);
  EXPECT_NE(next_to_try(points, thousand, {}), std::nullopt) << "it was not finished";
}

// Answers are wrong with the probability that the oracle states; the interval holds the crossing
// unless one of those that bound it was.
TEST(CrossoverSearch, ANoisyOracleMissesNoMoreOftenThanItsErrorsAllow) {
  constexpr double error = 0.05 / 12;
  constexpr int trials = 2000;
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::uniform_real_distribution<double> log_crossing(std::log(2.0), std::log(900.0));
  int missed = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const double at = std::exp(log_crossing(random));
    const auto log = searched(thousand, {}, [&](double value) -> leader {
      // Near the crossing nobody can be told to be ahead; farther off sometimes not either.
      const double distance = std::abs(std::log(value / at));
      if (uniform(random) < error) return value < at ? coroutine : serial;
      if (uniform(random) < std::exp(-10 * distance)) return std::nullopt;
      return value < at ? serial : coroutine;
    });
    const auto found = crossovers_of(log.points);
    const bool holds = found.size() == 1 && found[0].below == serial && found[0].last_below < at &&
                       at <= found[0].first_above;
    missed += holds ? 0 : 1;
  }
  // Expected at most 5 % of 2,000, and three standard errors more; far fewer would mean that the
  // errors were not made.
  EXPECT_LE(missed, 130);
  EXPECT_GE(missed, 20);
}

TEST(Zones, AreRunsOfEqualAnswers) {
  const std::vector<searched_point> points{
      {1, serial}, {4, serial}, {5, std::nullopt}, {6, serial}, {9, coroutine}};
  EXPECT_EQ(zones_of(points),
            (std::vector<crossover_zone>{
                {serial, 1, 4}, {std::nullopt, 5, 5}, {serial, 6, 6}, {coroutine, 9, 9}}));
  EXPECT_EQ(crossovers_of(points), (std::vector<crossover>{{serial, coroutine, 6, 9}}))
      << "a tie between points of one leader is no crossing";
  EXPECT_TRUE(zones_of({}).empty());
  EXPECT_TRUE(crossovers_of({}).empty());
}

}  // namespace
}  // namespace regatta
