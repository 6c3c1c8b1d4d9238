// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics/closed_network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace regatta {
namespace {

// The same network by another way: the normalising constant of its product form, by Buzen's
// convolution (CACM 16, 1973), in which nothing is subtracted.
std::vector<double> by_convolution(const closed_network& network, unsigned most) {
  std::vector<long double> constant(most + 1, 0);
  constant[0] = 1;
  for (unsigned n = 1; n <= most; ++n) constant[n] = constant[n - 1] * network.delay / n;
  for (const queueing_station& station : network.stations) {
    std::vector<long double> own(most + 1, 1);
    for (unsigned n = 1; n <= most; ++n) {
      own[n] = own[n - 1] * station.demand / std::min(n, station.servers);
    }
    std::vector<long double> both(most + 1, 0);
    for (unsigned n = 0; n <= most; ++n) {
      for (unsigned j = 0; j <= n; ++j) both[n] += own[j] * constant[n - j];
    }
    constant = both;
  }
  std::vector<double> throughputs;
  for (unsigned n = 1; n <= most; ++n) {
    throughputs.push_back(static_cast<double>(constant[n - 1] / constant[n]));
  }
  return throughputs;
}

void expect_exact(const closed_network& network, unsigned most) {
  const auto expected = by_convolution(network, most);
  const auto found = solve(network, most);
  ASSERT_EQ(found.size(), most);
  for (unsigned n = 1; n <= most; ++n) {
    EXPECT_EQ(found[n - 1].customers, n);
    EXPECT_NEAR(found[n - 1].throughput / expected[n - 1], 1, 1e-6) << n << " customers";
    EXPECT_NEAR(found[n - 1].response * found[n - 1].throughput, n, 1e-6 * n) << "Little's law";
  }
}

TEST(ClosedNetwork, HasTheTextbookFiguresOfTheMachineRepairman) {
  // M/M/1//N with service 1 and think time 1: X = 1 - p0, with p0 = 1 / sum of N!/(N-k)!.
  const auto points = solve({{{.demand = 1}}, 1}, 3);
  ASSERT_EQ(points.size(), 3U);
  EXPECT_NEAR(points[0].throughput, 1 - 1.0 / 2, 1e-12);
  EXPECT_NEAR(points[1].throughput, 1 - 1.0 / 5, 1e-12);
  EXPECT_NEAR(points[2].throughput, 1 - 1.0 / 16, 1e-12);
}

TEST(ClosedNetwork, HasTheTextbookFiguresOfACentralServer) {
  // Lazowska et al., Quantitative System Performance (1984), chapter 6: demands of 0.605, 2.1
  // and 1.35 s, think time 15 s; with three customers 0.15 requests a second.
  const auto points = solve({{{.demand = 0.605}, {.demand = 2.1}, {.demand = 1.35}}, 15}, 3);
  ASSERT_EQ(points.size(), 3U);
  EXPECT_NEAR(points[0].throughput, 0.0525, 0.0001);
  EXPECT_NEAR(points[1].throughput, 0.1031, 0.0002);
  EXPECT_NEAR(points[2].throughput, 0.1515, 0.0004);
}

TEST(ClosedNetwork, IsExactWithOneServer) {
  expect_exact({{{.demand = 0.003}}, 0.02}, 64);
  expect_exact({{{.demand = 0.003}, {.demand = 0.001}}, 0}, 64);
}

TEST(ClosedNetwork, IsExactWithSeveralServers) {
  expect_exact({{{.demand = 0.003, .servers = 2}}, 0.02}, 128);
  expect_exact({{{.demand = 0.003, .servers = 2}, {.demand = 0.0004}}, 0.2}, 256);
  expect_exact({{{.demand = 1, .servers = 8}}, 3}, 64);
}

TEST(ClosedNetwork, ASingleCustomerNeverQueues) {
  for (const double variation : {0.0, 0.3, 1.0, 4.0}) {
    for (const unsigned servers : {1U, 2U, 5U}) {
      const auto points = solve({{{0.25, servers, variation}}, 0.75}, 1);
      ASSERT_EQ(points.size(), 1U);
      EXPECT_NEAR(points[0].throughput, 1, 1e-12);
    }
  }
}

TEST(ClosedNetwork, ReachesItsBoundsAndNeverPassesThem) {
  for (const double variation : {0.0, 0.5, 1.0, 3.0}) {
    for (const unsigned servers : {1U, 2U, 4U}) {
      const closed_network network{{{0.004, servers, variation}}, 0.05};
      const auto points = solve(network, 400);
      double before = 0;
      for (const network_point& point : points) {
        EXPECT_LE(point.throughput, throughput_bound(network, point.customers) * (1 + 1e-9));
        EXPECT_GE(point.throughput, before * (1 - 1e-9)) << "more customers, less work";
        before = point.throughput;
      }
      EXPECT_NEAR(points.back().throughput, servers / 0.004, 0.005 * servers / 0.004);
    }
  }
}

TEST(ClosedNetwork, RegularServiceQueuesLess) {
  const auto at_knee = [](double variation) {
    return solve({{{0.01, 1, variation}}, 0.09}, 10).back().throughput;
  };
  EXPECT_GT(at_knee(0), at_knee(1) * 1.05);
  EXPECT_LT(at_knee(4), at_knee(1) * 0.97);
}

TEST(ClosedNetwork, KnowsItsKnee) {
  EXPECT_NEAR(knee_of({{{.demand = 0.01}}, 0.09}), 10, 1e-9);
  EXPECT_NEAR(knee_of({{{.demand = 0.01, .servers = 2}}, 0.09}), 20, 1e-9);
  EXPECT_NEAR(knee_of({{{.demand = 0.01, .servers = 4}}, 0}), 4, 1e-9);
  EXPECT_EQ(knee_of({{}, 0.5}), 1) << "nobody queues";
}

TEST(ClosedNetwork, RefusesWhatIsNoNetwork) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(solve({}, 5).empty());
  EXPECT_TRUE(solve({{{.demand = -1}}, 1}, 5).empty());
  EXPECT_TRUE(solve({{{.demand = infinite}}, 1}, 5).empty());
  EXPECT_TRUE(solve({{{.demand = 1, .servers = 0}}, 1}, 5).empty());
  EXPECT_TRUE(solve({{{.demand = 1}}, std::nan("")}, 5).empty());
  EXPECT_EQ(throughput_bound({}, 5), 0);
  EXPECT_TRUE(solve({{{.demand = 1}}, 1}, 0).empty());
}

}  // namespace
}  // namespace regatta
