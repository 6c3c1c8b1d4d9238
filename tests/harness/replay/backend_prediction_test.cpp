// SPDX-License-Identifier: Apache-2.0
#include "harness/replay/backend_prediction.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "harness/replay/without_queueing.hpp"

namespace regatta::test {
namespace {

constexpr unsigned most = 128;
constexpr unsigned cpus = 2;

// 1 ms of CPU and 9 ms of waits.
service_demand ten_milliseconds() {
  service_demand demand;
  demand.cpu = 0.001;
  demand.waiting = 0.009;
  return demand;
}

backend_prediction of(server_kind kind, unsigned limit = 0, double overhead = 0,
                      const service_demand& demand = ten_milliseconds()) {
  return predict(demand, {"it", kind, limit, 1, overhead}, 0, cpus, most);
}

TEST(BackendPrediction, OneRequestTakesAsLongOnAllOfThem) {
  for (const server_kind kind : {server_kind::one_by_one, server_kind::loop, server_kind::loops,
                                 server_kind::pool, server_kind::offloading}) {
    EXPECT_NEAR(of(kind).at(1).throughput, 100, 1e-6);
    EXPECT_NEAR(of(kind).at(1).response, 0.01, 1e-9);
  }
}

TEST(BackendPrediction, ReachesWhatTheCpusOfTheBackendAllow) {
  EXPECT_NEAR(of(server_kind::one_by_one).at(64).throughput, 100, 1e-6);
  EXPECT_NEAR(of(server_kind::loop).at(most).throughput, 1000, 5);
  EXPECT_NEAR(of(server_kind::loops).at(most).throughput, 2000, 10);
  EXPECT_NEAR(of(server_kind::pool).at(most).throughput, 2000, 10);
  EXPECT_NEAR(of(server_kind::offloading).at(most).throughput, 2000, 10);
  EXPECT_NEAR(of(server_kind::loop).most_throughput, 1000, 1e-6);
  EXPECT_NEAR(of(server_kind::loops).most_throughput, 2000, 1e-6);
  EXPECT_NEAR(of(server_kind::loop).knee, 10, 1e-6);
  EXPECT_NEAR(of(server_kind::loops).knee, 20, 1e-6);
}

TEST(BackendPrediction, APoolHasNoMoreInServiceThanWorkers) {
  const backend_prediction pool = of(server_kind::pool, 5);
  EXPECT_NEAR(pool.at(64).throughput, pool.at(5).throughput, 1e-9);
  EXPECT_NEAR(pool.at(50).response, 50 / pool.at(5).throughput, 1e-9) << "the others wait for one";
  EXPECT_NEAR(pool.most_throughput, 500, 1e-6);
  EXPECT_NEAR(pool.knee, 5, 1e-9);
}

TEST(BackendPrediction, WaitsThatHoldAThreadHoldALoop) {
  service_demand demand = ten_milliseconds();
  demand.held = 0.004;
  demand.waiting = 0.005;
  EXPECT_NEAR(of(server_kind::loop, 0, 0, demand).most_throughput, 200, 1e-6);
  EXPECT_NEAR(of(server_kind::offloading, 0, 0, demand).most_throughput, 400, 1e-6);
  EXPECT_NEAR(of(server_kind::pool, 0, 0, demand).most_throughput, 2000, 1e-6);
}

TEST(BackendPrediction, AnOverheadIsAddedAndThatOfTheProfiledShapeTakenOut) {
  const service_demand demand = ten_milliseconds();
  const backend_model loop{"it", server_kind::loop, 0, 1, 0.0003};
  EXPECT_NEAR(predict(demand, loop, 0.0003, cpus, most).most_throughput, 1000, 1e-6);
  EXPECT_NEAR(predict(demand, loop, 0.0001, cpus, most).most_throughput, 1 / 0.0012, 1e-6);
  EXPECT_NEAR(of(server_kind::offloading, 0, 0.001).most_throughput, 1000, 1e-6)
      << "the loop that hands the work over is one thread";
}

TEST(BackendPrediction, UnderAnInterpretersLockOneThreadComputes) {
  backend_model pool{.backend = "it", .kind = server_kind::pool, .one_computes = true};
  EXPECT_NEAR(predict(ten_milliseconds(), pool, 0, cpus, most).most_throughput, 1000, 1e-6);
  pool.kind = server_kind::loops;
  EXPECT_NEAR(predict(ten_milliseconds(), pool, 0, cpus, most).most_throughput, 1000, 1e-6);
}

TEST(BackendPrediction, OfRequestsThatTakeNoTimeNothingIsSaid) {
  const backend_prediction nothing = of(server_kind::loop, 0, 0, {});
  EXPECT_EQ(nothing.at(10).throughput, 0);
  EXPECT_EQ(nothing.most_throughput, 0);
}

TEST(WithoutQueueing, FindsTheSleepInWhatWasSeenOfIt) {
  // 20 at a time on a loop, of which each computes 1 ms and sleeps 15 ms: the rest is queueing.
  service_demand truth;
  truth.cpu = 0.001;
  truth.waiting = truth.asleep = 0.015;
  const backend_model loop{.backend = "it", .kind = server_kind::loop};
  service_demand seen = truth;
  seen.concurrency = 20;
  const network_point there = predict(truth, loop, 0, cpus, 20).at(20);
  seen.latency = there.response;
  seen.rate = there.throughput;
  seen.waiting = seen.asleep = seen.latency - seen.cpu;
  ASSERT_GT(seen.asleep, 0.018);
  const double share = sleep_without_queueing(seen, loop, cpus);
  EXPECT_NEAR(share * seen.asleep, 0.015, 1e-5);
  EXPECT_NEAR(with_sleep(seen, share).waiting, 0.015, 1e-5);
}

TEST(WithoutQueueing, LeavesASleepThatExplainsTheLatency) {
  service_demand demand;
  demand.cpu = 0.001;
  demand.waiting = demand.asleep = 0.015;
  demand.latency = 0.016;
  demand.concurrency = 0.5;
  demand.rate = 31;
  const backend_model loop{.backend = "it", .kind = server_kind::loop};
  EXPECT_EQ(sleep_without_queueing(demand, loop, cpus), 1);
  EXPECT_EQ(sleep_without_queueing({}, loop, cpus), 1);
}

std::vector<backend_model> loop_and_hybrid() {
  return {{"coroutine", server_kind::loop, 0, 2, 20e-6},
          {"coroutine+thread", server_kind::offloading, 0, 4, 60e-6}};
}

TEST(FlipPoints, BelowSomeCpuTimeThePlainLoopIsAsGood) {
  // 64 at a time: the loop is enough while 64 / 9 ms is below what one thread can compute.
  const auto flips = find_flip_points(ten_milliseconds(), loop_and_hybrid(), "coroutine+thread",
                                      20e-6, 2, 64, 0.05);
  EXPECT_FALSE(flips.above);
  ASSERT_TRUE(flips.below);
  EXPECT_EQ(flips.below->backend, "coroutine");
  EXPECT_TRUE(flips.below->is_simpler);
  EXPECT_LT(flips.below->cpu, 0.00025);
  EXPECT_GT(flips.below->cpu, 0.00009);
}

TEST(FlipPoints, AboveSomeCpuTimeALoopIsNotEnough) {
  service_demand demand = ten_milliseconds();
  demand.cpu = 0.0001;
  const auto flips = find_flip_points(demand, loop_and_hybrid(), "coroutine", 20e-6, 2, 64, 0.05);
  EXPECT_FALSE(flips.below);
  ASSERT_TRUE(flips.above);
  EXPECT_EQ(flips.above->backend, "coroutine+thread");
  EXPECT_FALSE(flips.above->is_simpler);
  EXPECT_GT(flips.above->cpu, 0.00011);
  EXPECT_LT(flips.above->cpu, 0.0004);
}

TEST(FlipPoints, ThereIsNoneAmongOne) {
  const auto flips = find_flip_points(
      ten_milliseconds(), {{"coroutine", server_kind::loop, 0, 2, 0}}, "coroutine", 0, 2, 64, 0.05);
  EXPECT_FALSE(flips.above);
  EXPECT_FALSE(flips.below);
}

}  // namespace
}  // namespace regatta::test
