// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "reports/recommendation.hpp"
#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RaceRecommendation : public ::testing::Test {
 protected:
  recommendation advise(std::vector<cell_result> cells) {
    workload_result one = measured(std::move(cells));
    one.race = receipt_;
    one.plan.rate = rate_;
    return recommend(one, run_);
  }
  run_result run_;
  race_receipt receipt_{.settled = false, .ended = "it was not settled within the budget"};
  std::optional<double> rate_;
};

std::vector<std::string> labels(const recommendation& advice) {
  std::vector<std::string> all;
  for (const standing& place : advice.standings) all.push_back(place.label);
  return all;
}

const standing& place(const recommendation& advice, const std::string& label) {
  return *std::find_if(advice.standings.begin(), advice.standings.end(),
                       [&](const standing& each) { return each.label == label; });
}

// What a race stops measuring.
cell_result until(unsigned block, cell_result cell) {
  cell.epochs.resize(block);
  return cell;
}

// Throughputs that lie around `middle` and cross any value within `spread` of it.
std::vector<double> noisy(double middle, double spread, std::size_t blocks, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(1 - spread, 1 + spread);
  std::vector<double> values;
  for (std::size_t i = 0; i < blocks; ++i) values.push_back(middle * uniform(random));
  return values;
}

TEST_F(RaceRecommendation, TheOneThatIsLeftWins) {
  const auto advice = advise({until(12, cell("serial", around(50))), cell("tbb", around(200)),
                              until(12, cell("thread", around(100)))});
  EXPECT_EQ(advice.outcome, verdict::winner);
  EXPECT_TRUE(advice.settled);
  EXPECT_THAT(advice.choice, ElementsAre("tbb"));
  EXPECT_THAT(labels(advice), ElementsAre("tbb", "thread", "serial"));
  EXPECT_EQ(advice.runner_up, "thread");
  ASSERT_TRUE(advice.lead);
  EXPECT_NEAR(advice.lead->ratio, 2, 0.01);
  EXPECT_EQ(advice.lead->pairs, 12U) << "the blocks both ran in";
  EXPECT_GT(advice.lead->lower, 1.05);
  EXPECT_GE(advice.lead->confidence, 0.975) << "shared among two rivals";
  EXPECT_THAT(advice.caveats, Not(Contains(HasSubstr("not settled"))));
}

TEST_F(RaceRecommendation, WhoLooksAfterEveryBlockNeedsMoreOfThem) {
  const auto six = [&] { return advise({cell("a", around(100, 6)), cell("b", around(200, 6))}); };
  EXPECT_EQ(six().outcome, verdict::too_few);
  EXPECT_THAT(six().caveats, Contains(HasSubstr("6 blocks are too few")));
  run_.plan.race = false;
  EXPECT_EQ(six().outcome, verdict::winner);
}

TEST_F(RaceRecommendation, ATieThatIsKnownIsSettled) {
  const auto advice = advise({with_cost(cell("thread", around(100, 40)), 2e-3, 1000, 1),
                              with_cost(cell("tbb", around(101, 40)), 1e-3, 1000, 2),
                              until(12, cell("serial", around(50)))});
  EXPECT_EQ(advice.outcome, verdict::tie);
  EXPECT_TRUE(advice.settled);
  EXPECT_THAT(advice.choice, ElementsAre("tbb", "thread"));
  EXPECT_EQ(advice.tie_break, "CPU time per item");
  EXPECT_EQ(advice.runner_up, "serial");
  EXPECT_THAT(advice.caveats, Not(Contains(HasSubstr("settled"))));
}

TEST_F(RaceRecommendation, ATieThatIsNotKnownSaysSoAndWhatIsOpen) {
  const auto advice =
      advise({cell("thread", noisy(100, 0.5, 30, 1)), cell("tbb", noisy(100, 0.5, 30, 2)),
              until(15, cell("serial", around(10)))});
  EXPECT_EQ(advice.outcome, verdict::tie);
  EXPECT_FALSE(advice.settled);
  EXPECT_EQ(advice.choice.size(), 2U);
  EXPECT_THAT(advice.caveats,
              Contains(AllOf(HasSubstr("It was not settled within the budget: "),
                             HasSubstr("might settle it"), HasSubstr("more than 5 % ahead of"),
                             Not(HasSubstr("serial")))));
}

TEST_F(RaceRecommendation, OfFixedSamplingNobodySaysThatItWasNotSettled) {
  run_.plan.race = false;
  const auto advice =
      advise({cell("thread", noisy(100, 0.5, 30, 1)), cell("tbb", noisy(100, 0.5, 30, 2))});
  EXPECT_EQ(advice.outcome, verdict::tie);
  EXPECT_THAT(advice.caveats, Each(Not(HasSubstr("settle"))));
}

TEST_F(RaceRecommendation, WhoIsRuledOutIsNotRecommendedHoweverFast) {
  run_.plan.required.isolate = true;
  auto process = cell("process", around(100));
  auto pool = cell("shared-memory", around(50));
  process.info.isolates = pool.info.isolates = true;
  const auto advice = advise({until(12, cell("thread", around(1000))), pool, process});
  EXPECT_EQ(advice.outcome, verdict::winner);
  EXPECT_THAT(advice.choice, ElementsAre("process"));
  EXPECT_EQ(advice.runner_up, "shared-memory");
  EXPECT_THAT(labels(advice), ElementsAre("process", "shared-memory", "thread"));
  EXPECT_EQ(place(advice, "thread").excluded, "an item that crashes takes others along");
  EXPECT_FALSE(place(advice, "thread").tied);
  ASSERT_TRUE(place(advice, "thread").behind) << "the user wants to see how it compares";
  EXPECT_NEAR(place(advice, "thread").behind->ratio, 0.1, 0.001);
}

TEST_F(RaceRecommendation, LatencyAndMemoryRuleOutWithTheirFigures) {
  run_.plan.required.slo_p99 = 0.050;
  run_.plan.required.max_memory = 64U << 20U;
  auto slow = with_cost(cell("slow", around(300)), 1e-3, 1U << 20U, 1);
  slow.latency.p99 = 0.0621;
  auto big = with_cost(cell("big", around(200)), 1e-3, 82U << 20U, 1);
  big.latency.p99 = 0.01;
  auto rare = with_cost(cell("rare", around(150)), 1e-3, 1U << 20U, 1);
  rare.latency.count = 80;
  auto fits = with_cost(cell("fits", around(100)), 1e-3, 1U << 20U, 1);
  fits.latency.p99 = 0.05;
  const auto advice = advise({slow, big, rare, fits});
  EXPECT_THAT(advice.choice, ElementsAre("fits"));
  EXPECT_EQ(advice.runner_up, std::nullopt);
  EXPECT_EQ(place(advice, "slow").excluded, "its p99 is 62.1 ms, above the 50.0 ms asked for");
  EXPECT_EQ(place(advice, "big").excluded,
            "it uses 82.0 MiB of memory, more than the 64.0 MiB allowed");
  EXPECT_EQ(place(advice, "rare").excluded,
            "80 items are too few to show that it keeps a p99 of 50.0 ms");
  EXPECT_THAT(advice.unless, Each(Not(HasSubstr("slow"))));
}

// It breaks the limit only by its last figure, and beat the others before that.
TEST_F(RaceRecommendation, WhomAnExcludedOneHadBeatenIsComparedAnew) {
  run_.plan.required.slo_p99 = 0.05;
  auto star = cell("star", around(200, 40));
  star.latency.p99 = 0.06;
  auto a = until(12, cell("a", around(100)));
  auto b = until(12, cell("b", around(50)));
  a.latency.p99 = b.latency.p99 = 0.01;
  const auto advice = advise({star, a, b});
  EXPECT_EQ(advice.outcome, verdict::winner);
  EXPECT_THAT(advice.choice, ElementsAre("a"));
}

TEST_F(RaceRecommendation, WithoutAnyoneLeftThereIsNothingToRecommend) {
  run_.plan.required.isolate = true;
  for (const bool race : {true, false}) {
    run_.plan.race = race;
    const auto advice = advise({cell("a", around(100)), cell("b", around(50))});
    EXPECT_EQ(advice.outcome, verdict::nothing);
    EXPECT_THAT(advice.choice, IsEmpty());
    EXPECT_EQ(advice.runner_up, std::nullopt);
    EXPECT_EQ(advice.standings.size(), 2U);
    EXPECT_FALSE(advice.settled);
    EXPECT_THAT(advice.because, IsEmpty());
  }
}

TEST_F(RaceRecommendation, FixedSamplingKeepsTheConstraintsToo) {
  run_.plan.race = false;
  run_.plan.required.sync_libraries = true;
  auto fast = cell("coroutine", around(1000));
  fast.info.takes_blocking_code = false;
  const auto advice = advise({fast, cell("thread", around(100)), cell("tbb", around(50))});
  EXPECT_THAT(advice.choice, ElementsAre("thread"));
  EXPECT_THAT(labels(advice), ElementsAre("thread", "tbb", "coroutine"));
  EXPECT_EQ(advice.lead->confidence > 0.95, true);
}

TEST_F(RaceRecommendation, ByCpuTheFrugalOneWins) {
  run_.plan.by = objective::cpu;
  auto fast = cell("fast", around(200));
  auto frugal = cell("frugal", around(100));
  for (auto& epoch : fast.epochs) epoch.cpu_per_item = 3e-3;
  for (auto& epoch : frugal.epochs) epoch.cpu_per_item = 1e-3;
  const auto advice = advise({fast, frugal});
  EXPECT_EQ(advice.metric, "CPU per item");
  EXPECT_THAT(advice.choice, ElementsAre("frugal"));
  EXPECT_NEAR(place(advice, "frugal").value, 1e-3, 1e-9);
  EXPECT_NEAR(advice.lead->ratio, 3, 1e-6);
}

TEST_F(RaceRecommendation, ByMemoryTheSmallOneWins) {
  run_.plan.by = objective::memory;
  auto fast = cell("fast", around(200));
  auto small = cell("small", around(100));
  for (auto& epoch : fast.epochs) epoch.pss = 30U << 20U;
  for (auto& epoch : small.epochs) epoch.pss = 3U << 20U;
  const auto advice = advise({fast, small});
  EXPECT_EQ(advice.metric, "memory");
  EXPECT_THAT(advice.choice, ElementsAre("small"));
  EXPECT_NEAR(advice.lead->ratio, 10, 1e-6);
}

TEST_F(RaceRecommendation, ATieInWhatWasRacedIsNotBrokenByTheSame) {
  run_.plan.by = objective::cpu;
  auto a = with_cost(cell("a", around(100, 40)), 2e-3, 9U << 20U, 1);
  auto b = with_cost(cell("b", around(100, 40)), 1e-3, 1U << 20U, 2);
  for (auto* each : {&a, &b}) {
    for (auto& epoch : each->epochs) epoch.cpu_per_item = 1e-3;
  }
  const auto advice = advise({a, b});
  EXPECT_EQ(advice.outcome, verdict::tie);
  EXPECT_THAT(advice.choice, ElementsAre("b", "a"));
  EXPECT_EQ(advice.tie_break, "memory");
}

TEST_F(RaceRecommendation, WhereP99CannotBeShownTheMedianIsUsedAndSaid) {
  rate_ = 100;
  auto quick = cell("quick", around(100));
  auto slow = cell("slow", around(100));
  for (auto& epoch : quick.epochs) epoch.p50 = 0.010;
  for (auto& epoch : slow.epochs) epoch.p50 = 0.030;
  const auto advice = advise({quick, slow});
  EXPECT_EQ(advice.metric, "median latency");
  EXPECT_THAT(advice.choice, ElementsAre("quick"));
  EXPECT_THAT(advice.caveats, Contains(HasSubstr("too short to show p99")));
}

TEST_F(RaceRecommendation, NeverNamesAWinnerInsideATie) {
  std::mt19937 random(2027);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::map<verdict, int> seen;
  for (unsigned round = 0; round < 200; ++round) {
    std::vector<cell_result> cells;
    const int count = 1 + static_cast<int>(uniform(random) * 5);
    const double noise = uniform(random) * 0.3;
    for (int i = 0; i < count; ++i) {
      const double middle = 100 * (1 + 0.5 * uniform(random));
      cells.push_back(cell(std::string(1, static_cast<char>('a' + i)),
                           noisy(middle, noise, 4 + round % 60, random())));
    }
    const auto advice = advise(cells);
    ++seen[advice.outcome];
    std::vector<std::string> tied;
    for (const standing& each : advice.standings) {
      if (each.tied) tied.push_back(each.label);
    }
    ASSERT_THAT(advice.choice, ::testing::UnorderedElementsAreArray(tied));
    ASSERT_EQ(advice.outcome == verdict::winner, tied.size() == 1);
    ASSERT_TRUE(advice.standings.front().tied);
    ASSERT_TRUE(advice.settled || advice.outcome != verdict::winner);
    for (const standing& each : advice.standings) {
      // Whoever is surely ahead of another by more than δ has dropped it.
      ASSERT_TRUE(!each.tied || !each.behind || each.behind->lower <= 1.05) << each.label;
    }
  }
  EXPECT_GT(seen[verdict::winner], 10);
  EXPECT_GT(seen[verdict::tie], 10);
  EXPECT_GT(seen[verdict::too_few], 10);
}

}  // namespace
}  // namespace regatta::test
