// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/arrival_schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace regatta::http_load::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

std::vector<nanoseconds> all_of(arrival_schedule schedule) {
  std::vector<nanoseconds> times;
  for (; !schedule.done(); schedule.advance()) times.push_back(schedule.due());
  return times;
}

std::vector<nanoseconds> constant(std::vector<load_stage> stages, unsigned part = 0,
                                  unsigned parts = 1) {
  return all_of({std::move(stages), arrival_kind::constant, 1, part, parts});
}

TEST(ArrivalSchedule, ConstantArrivalsAreEquallyFarApart) {
  const auto times = constant({{.length = 1s, .from = 1000, .to = 1000}});
  ASSERT_EQ(times.size(), 1000U);
  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(times[i], std::chrono::milliseconds(i)) << i;
  }
}

TEST(ArrivalSchedule, PartsTakeConstantArrivalsInTurn) {
  const std::vector<load_stage> stages{{.length = 1s, .from = 100, .to = 500},
                                       {.length = 500ms, .from = 200, .to = 200}};
  auto together = constant(stages, 0, 3);
  for (const unsigned part : {1U, 2U}) {
    const auto more = constant(stages, part, 3);
    together.insert(together.end(), more.begin(), more.end());
  }
  std::sort(together.begin(), together.end());
  EXPECT_EQ(together, constant(stages));
}

TEST(ArrivalSchedule, ARampHasTheRateItShouldHaveAtEachMoment) {
  const auto times = constant({{.length = 10s, .from = 0, .to = 1000}});
  EXPECT_NEAR(static_cast<double>(times.size()), 5000, 1);
  // In a ramp from 0 the n-th arrival is at sqrt(2 n / slope).
  for (const std::size_t n : {1U, 50U, 1000U, 4999U}) {
    const double expected = std::sqrt(2 * static_cast<double>(n) / 100);
    EXPECT_NEAR(std::chrono::duration<double>(times[n]).count(), expected, 1e-6) << n;
  }
  const auto falling = constant({{.length = 10s, .from = 1000, .to = 0}});
  EXPECT_NEAR(static_cast<double>(falling.size()), 5000, 1);
  EXPECT_LT(falling.back(), 10s);
  EXPECT_TRUE(std::is_sorted(falling.begin(), falling.end()));
}

TEST(ArrivalSchedule, StagesFollowEachOther) {
  arrival_schedule schedule({{.length = 1s, .from = 10, .to = 10, .measured = false},
                             {.length = 2s, .from = 0, .to = 0},
                             {.length = 1s, .from = 100, .to = 100}},
                            arrival_kind::constant, 1, 0, 1);
  std::vector<std::size_t> counts(3);
  for (; !schedule.done(); schedule.advance()) {
    ++counts[schedule.stage()];
    EXPECT_EQ(schedule.stage(), schedule.due() < 1s ? 0U : 2U);
    EXPECT_TRUE(schedule.due() < 1s || schedule.due() >= 3s) << "the second stage has no arrivals";
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{10, 0, 100}));
}

TEST(ArrivalSchedule, PoissonGapsAreExponential) {
  const auto times =
      all_of({{{.length = 100s, .from = 1000, .to = 1000}}, arrival_kind::poisson, 7, 0, 1});
  const auto count = static_cast<double>(times.size());
  EXPECT_NEAR(count, 100'000, 5 * std::sqrt(100'000));
  // Kolmogorov and Smirnov's distance to the exponential distribution: beyond 1.95 / sqrt(n) once
  // in a thousand seeds, and this is one seed.
  std::vector<double> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) {
    gaps.push_back(std::chrono::duration<double>(times[i] - times[i - 1]).count());
  }
  std::sort(gaps.begin(), gaps.end());
  double distance = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double model = 1 - std::exp(-1000 * gaps[i]);
    distance = std::max(distance, std::abs(model - static_cast<double>(i) / count));
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(count));
}

TEST(ArrivalSchedule, PoissonPartsAreApartAndAddUpToTheRate) {
  const std::vector<load_stage> stages{{.length = 50s, .from = 400, .to = 1200}};
  std::size_t together = 0;
  std::vector<nanoseconds> first;
  for (unsigned part = 0; part < 4; ++part) {
    const auto times = all_of({stages, arrival_kind::poisson, 3, part, 4});
    together += times.size();
    if (part == 0) first = times;
    if (part > 0) {
      EXPECT_NE(times.front(), first.front());
    }
  }
  EXPECT_NEAR(static_cast<double>(together), 40'000, 5 * std::sqrt(40'000));
}

TEST(ArrivalSchedule, TheSameSeedGivesTheSameArrivals) {
  const std::vector<load_stage> stages{{.length = 1s, .from = 100, .to = 100}};
  const auto of = [&](std::uint64_t seed) {
    return all_of({stages, arrival_kind::poisson, seed, 0, 1});
  };
  EXPECT_EQ(of(5), of(5));
  EXPECT_NE(of(5), of(6));
}

TEST(ArrivalSchedule, NoStagesHaveNoArrivals) { EXPECT_TRUE(constant({}).empty()); }

}  // namespace
}  // namespace regatta::http_load::test
