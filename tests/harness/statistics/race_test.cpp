// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/race.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <vector>

namespace regatta {
namespace {

using block = std::vector<std::optional<double>>;
using testing::ElementsAre;

void repeat(race& race, const block& costs, int times) {
  for (int i = 0; i < times; ++i) race.add_block(costs);
}

TEST(Race, DropsWhoIsBehindByMoreThanTheDifference) {
  race two(2, {});
  repeat(two, {1.0, 1.2}, 7);
  EXPECT_EQ(two.state(), race_state::open);
  // One rival, half of 5 %: e >= 40, which takes 8 unanimous blocks.
  repeat(two, {1.0, 1.2}, 1);
  EXPECT_EQ(two.state(), race_state::winner);
  EXPECT_THAT(two.contenders(), ElementsAre(0));
  EXPECT_EQ(two.elimination_of(1), (race::elimination{.by = 0, .block = 7}));
  EXPECT_FALSE(two.elimination_of(0));
  EXPECT_EQ(two.arm_runs(), 16U);
}

TEST(Race, MoreRivalsNeedMoreEvidence) {
  race five(5, {});
  int blocks = 0;
  for (; five.state() == race_state::open && blocks < 100; ++blocks) {
    five.add_block(block{1.2, 1.2, 1.0, 1.2, 1.2});
  }
  // Four rivals: e >= 160, which takes 10 (sign_e_value(9, 9) is 109, (10, 10) is 195).
  EXPECT_EQ(blocks, 10);
  EXPECT_THAT(five.contenders(), ElementsAre(2));
}

TEST(Race, CallsATieInsteadOfAWinnerWithinTheDifference) {
  race two(2, {});
  repeat(two, {1.02, 1.0}, 8);
  EXPECT_EQ(two.state(), race_state::tie);
  EXPECT_THAT(two.contenders(), ElementsAre(1, 0)) << "the leader first";
}

TEST(Race, AnArmOnTheDifferenceItselfIsDecidedByTheResolution) {
  race two(2, {});
  repeat(two, {1.0, 1.05}, 8);
  EXPECT_EQ(two.state(), race_state::tie);
  race between(2, {});
  repeat(between, {1.0, 1.01}, 3);
  repeat(between, {1.0, 1.09}, 3);
  EXPECT_EQ(between.state(), race_state::open) << "known to nobody yet";
}

TEST(Race, AnArmThatIsOutIsNotLookedAt) {
  race three(3, {});
  repeat(three, {1.0, 1.01, 2.0}, 9);
  ASSERT_TRUE(three.elimination_of(2));
  const std::size_t runs = three.arm_runs();
  repeat(three, {1.0, 1.01, 0.1}, 30);
  EXPECT_EQ(three.arm_runs(), runs + 60);
  EXPECT_TRUE(three.elimination_of(2));
  EXPECT_EQ(three.state(), race_state::tie);
}

TEST(Race, AnArmThatDidNotRunInABlockIsNotComparedThere) {
  race two(2, {});
  repeat(two, {1.0, std::nullopt}, 50);
  EXPECT_EQ(two.state(), race_state::open);
  EXPECT_EQ(two.arm_runs(), 50U);
  EXPECT_FALSE(two.ratio(1, 0));
  repeat(two, {1.0, std::nan("")}, 1);
  EXPECT_EQ(two.arm_runs(), 51U) << "no cost at all";
  repeat(two, {1.0, 1.3}, 8);
  EXPECT_EQ(two.state(), race_state::winner);
  EXPECT_EQ(two.ratio(1, 0)->pairs, 8U);
}

TEST(Race, AWithdrawnArmWasNeverARival) {
  race three(3, {});
  three.withdraw(1);
  repeat(three, {1.0, std::nullopt, 1.2}, 8);
  EXPECT_EQ(three.state(), race_state::winner) << "as if there were two";
  EXPECT_FALSE(three.elimination_of(1));

  race later(3, {});
  repeat(later, {1.0, 1.2, 1.0}, 1);
  later.withdraw(2);
  repeat(later, {1.0, 1.2, std::nullopt}, 7);
  EXPECT_EQ(later.state(), race_state::open) << "what was seen must not relax the correction";
  repeat(later, {1.0, 1.2, std::nullopt}, 1);
  EXPECT_EQ(later.state(), race_state::winner);
}

TEST(Race, WhomAWithdrawnArmHadDrivenOutComesBack) {
  race three(3, {});
  repeat(three, {1.0, 1.5, 2.0}, 8);
  repeat(three, {1.0, 1.5, 2.0}, 4);
  ASSERT_THAT(three.contenders(), ElementsAre(0));
  three.withdraw(0);
  EXPECT_THAT(three.contenders(), ElementsAre(1)) << "1 is ahead of 2 as well";
  EXPECT_EQ(three.elimination_of(2)->by, 1U);

  race close(3, {});
  repeat(close, {1.0, 1.5, 1.51}, 12);
  close.withdraw(0);
  EXPECT_THAT(close.contenders(), ElementsAre(1, 2));
  EXPECT_EQ(close.state(), race_state::open) << "9 blocks are not enough for three pairs";
  repeat(close, {std::nullopt, 1.5, 1.51}, 6);
  EXPECT_EQ(close.state(), race_state::tie);
}

TEST(Race, OneArmHasWonAndNoneIsNoWinner) {
  EXPECT_EQ(race(1, {}).state(), race_state::winner);
  race none(2, {});
  none.withdraw(0);
  none.withdraw(1);
  EXPECT_EQ(none.state(), race_state::tie);
  EXPECT_TRUE(none.contenders().empty());
  EXPECT_TRUE(race(0, {}).contenders().empty());
}

TEST(Race, MediansThatGoInCirclesLeaveAWinnerAllTheSame) {
  // Each of the three is ahead of the next by 10 % or more in two blocks of three.
  race circle(3, {});
  for (int i = 0; i < 600; ++i) {
    const std::vector<double> costs{1.0, 1.2, 1.44};
    const auto at = [&](int j) { return costs[static_cast<std::size_t>((i + j) % 3)]; };
    circle.add_block(block{at(0), at(1), at(2)});
  }
  EXPECT_EQ(circle.contenders().size(), 1U);
}

TEST(Race, TheIntervalIsCorrectedForAllPairs) {
  race two(2, {});
  race five(5, {});
  std::mt19937_64 random(2);
  std::lognormal_distribution<double> noise(0, 0.1);
  for (int i = 0; i < 40; ++i) {
    const double a = noise(random);
    const double b = noise(random);
    two.add_block(block{a, b});
    five.add_block(block{a, b, std::nullopt, std::nullopt, std::nullopt});
  }
  const auto alone = two.ratio(1, 0);
  const auto among = five.ratio(1, 0);
  ASSERT_TRUE(alone && among);
  EXPECT_NEAR(alone->confidence, 0.95, 1e-12);
  EXPECT_NEAR(among->confidence, 0.995, 1e-12) << "ten pairs";
  EXPECT_LT(among->lower, alone->lower);
  EXPECT_GT(among->upper, alone->upper);
  EXPECT_NEAR(alone->ratio * two.ratio(0, 1)->ratio, 1, 1e-12);
}

TEST(Race, TheOrderOfTheArmsDoesNotMatter) {
  std::mt19937_64 random(12);
  std::lognormal_distribution<double> noise(0, 0.1);
  race forth(4, {});
  race back(4, {});
  for (int i = 0; i < 150; ++i) {
    block costs{noise(random), 1.03 * noise(random), 1.4 * noise(random), 1.2 * noise(random)};
    forth.add_block(costs);
    std::reverse(costs.begin(), costs.end());
    back.add_block(costs);
    ASSERT_EQ(forth.state(), back.state());
    std::vector<std::size_t> mirrored;
    for (const std::size_t arm : back.contenders()) mirrored.push_back(3 - arm);
    ASSERT_EQ(forth.contenders(), mirrored);
  }
  EXPECT_LT(forth.contenders().size(), 4U);
}

struct tally {
  int wrong = 0, ties = 0, winners = 0;
};

/// Races over arms of the given true costs, with a heavy tail and a disturbance shared by the
/// block.
tally simulate(const std::vector<double>& truth, double spread, int races, int blocks) {
  std::mt19937_64 random(77);
  std::student_t_distribution<double> noise(2);
  const double best = *std::min_element(truth.begin(), truth.end());
  tally seen;
  for (int i = 0; i < races; ++i) {
    race race(truth.size(), {});
    double shared = 0;
    for (int b = 0; b < blocks && race.state() == race_state::open; ++b) {
      shared = 0.9 * shared + 0.3 * noise(random);
      block costs;
      for (const double cost : truth) {
        costs.emplace_back(cost * std::exp(shared + spread * noise(random)));
      }
      race.add_block(costs);
    }
    if (race.state() == race_state::open) continue;
    const double chosen = truth[race.contenders().front()];
    seen.wrong += chosen > best * 1.05 ? 1 : 0;
    seen.ties += race.state() == race_state::tie ? 1 : 0;
    seen.winners += race.state() == race_state::winner ? 1 : 0;
  }
  return seen;
}

TEST(Race, NamesNoWrongWinnerOverHeavyTails) {
  const tally clear = simulate({1, 1.2, 1.5, 2, 3}, 0.05, 100, 200);
  EXPECT_EQ(clear.wrong, 0);
  EXPECT_GE(clear.winners, 99);
}

TEST(Race, TwoArmsTwoPerCentApartEndAsATie) {
  const tally close = simulate({1, 1.02, 1.5}, 0.02, 60, 600);
  EXPECT_EQ(close.wrong, 0);
  EXPECT_GE(close.ties, 57);
}

TEST(WilliamsOrders, BalanceThePlaceAndTheNeighbourBefore) {
  for (std::size_t arms : {2U, 3U, 4U, 5U, 8U, 9U, 16U}) {
    const auto orders = williams_orders(arms);
    const std::size_t rows = arms % 2 == 0 ? arms : 2 * arms;
    ASSERT_EQ(orders.size(), rows);
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> places;
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> follows;
    for (const auto& order : orders) {
      ASSERT_EQ(order.size(), arms);
      for (std::size_t i = 0; i < arms; ++i) {
        ++places[{order[i], i}];
        if (i > 0) ++follows[{order[i - 1], order[i]}];
      }
    }
    EXPECT_EQ(places.size(), arms * arms);
    EXPECT_EQ(follows.size(), arms * (arms - 1));
    for (const auto& [place, times] : places) EXPECT_EQ(times, rows / arms);
    for (const auto& [pair, times] : follows) EXPECT_EQ(times, rows / arms);
  }
}

TEST(WilliamsOrders, OfOneOrNone) {
  EXPECT_TRUE(williams_orders(0).empty());
  EXPECT_EQ(williams_orders(1), (std::vector<std::vector<std::size_t>>{{0}}));
}

}  // namespace
}  // namespace regatta
