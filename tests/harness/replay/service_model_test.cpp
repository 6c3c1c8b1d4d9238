// SPDX-License-Identifier: Apache-2.0
#include "harness/replay/service_model.hpp"

#include <gtest/gtest.h>

#include <map>

#include "harness/replay/own_shape.hpp"
#include "tests/harness/replay/service_models.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

service_model two_classes() {
  request_class quick{.name = "GET /quick", .count = 300, .rate = 30};
  for (int i = 0; i < 10; ++i) {
    quick.samples.push_back(request({phase(phase_kind::cpu, 1ms), phase(phase_kind::other, 2ms)}));
  }
  request_class slow{.name = "POST /slow", .count = 100, .rate = 10};
  for (int i = 0; i < 50; ++i) {
    slow.samples.push_back(request({phase(phase_kind::cpu, 2ms), phase(phase_kind::upstream, 20ms),
                                    phase(phase_kind::cpu, 3ms), phase(phase_kind::disk, 4ms)}));
  }
  return {.source = "test", .window = 10, .classes = {quick, slow}};
}

TEST(ServiceModel, WeighsClassesByTheirCountsNotTheirSamples) {
  const service_demand demand = demand_of(two_classes());
  EXPECT_EQ(demand.samples, 60U);
  EXPECT_NEAR(demand.rate, 40, 1e-9);
  EXPECT_NEAR(demand.cpu, 0.75 * 0.001 + 0.25 * 0.005, 1e-12);
  EXPECT_NEAR(demand.waiting, 0.75 * 0.002 + 0.25 * 0.020, 1e-12);
  EXPECT_NEAR(demand.held, 0.25 * 0.004, 1e-12);
  EXPECT_NEAR(demand.waits, 1, 1e-12);
  EXPECT_NEAR(demand.latency, 0.75 * 0.003 + 0.25 * 0.029, 1e-12);
  EXPECT_NEAR(demand.concurrency, 40 * demand.latency, 1e-9) << "Little's law, if nobody says";
  EXPECT_NEAR(demand.latency_p50.value_or(0), 0.003, 1e-12);
  EXPECT_FALSE(demand.latency_p99) << "60 samples cannot show it";
}

TEST(ServiceModel, KnowsHowMuchTheTurnsOnAThreadVary) {
  // Turns of 1 ms (weight 3), 2 ms and 3 + 4 ms (weight 1 each): mean 2.4, mean square 11.2.
  EXPECT_NEAR(demand_of(two_classes()).variation, 11.2 / (2.4 * 2.4) - 1, 1e-9);
}

TEST(ServiceModel, DrawsClassesByTheirCounts) {
  const service_model model = two_classes();
  const auto drawn = draw_samples(model, 40, 7);
  ASSERT_EQ(drawn.size(), 40U);
  std::map<std::size_t, int> phases;
  for (const request_sample* each : drawn) ++phases[each->phases.size()];
  EXPECT_EQ(phases[2], 30);
  EXPECT_EQ(phases[4], 10);
}

TEST(ServiceModel, DrawsInAnOrderThatFollowsFromTheSeed) {
  const service_model model = two_classes();
  EXPECT_EQ(draw_samples(model, 40, 7), draw_samples(model, 40, 7));
  EXPECT_NE(draw_samples(model, 40, 7), draw_samples(model, 40, 8));
}

TEST(ServiceModel, DrawsNoSampleTwiceBeforeAllWereHad) {
  service_model model = two_classes();
  model.classes.erase(model.classes.begin());
  std::map<const request_sample*, int> times;
  for (const request_sample* each : draw_samples(model, 100, 3)) ++times[each];
  EXPECT_EQ(times.size(), 50U);
  for (const auto& [sample, count] : times) EXPECT_EQ(count, 2);
}

TEST(ServiceModel, OfAClassThatIsRareThereIsOne) {
  service_model model = two_classes();
  model.classes[1].count = 1;
  EXPECT_EQ(draw_samples(model, 20, 1).size(), 21U);
}

std::string shape(pool_shape pool, unsigned cpus = 4) { return shape_of(pool, cpus).backend; }

TEST(OwnShape, IsTheBackendThatServesAsTheServiceDoes) {
  EXPECT_EQ(shape({.loops = 1, .loop_threads = 1}), "coroutine");
  EXPECT_EQ(shape({.loops = 1, .loop_threads = 1, .other_threads = 10, .beside_the_loops = 0.02}),
            "coroutine")
      << "helpers that hardly run are no pool";
  EXPECT_EQ(shape({.loops = 1, .loop_threads = 4}), "coroutine-mt");
  EXPECT_EQ(shape({.loops = 4, .loop_threads = 4, .processes = 4}), "coroutine-mt");
  EXPECT_EQ(shape({.loops = 4, .loop_threads = 4}, 1), "coroutine") << "one CPU";
  EXPECT_EQ(shape({.loops = 1, .loop_threads = 1, .other_threads = 4, .beside_the_loops = 0.8}),
            "coroutine+thread");
  EXPECT_EQ(shape({.loops = 1, .loop_threads = 1, .processes = 3, .beside_the_loops = 0.8}),
            "coroutine+process");
  EXPECT_EQ(shape({.other_threads = 8}), "thread:workers=8");
  EXPECT_EQ(shape({.other_threads = 1}), "serial");
  EXPECT_EQ(shape({.other_threads = 6, .processes = 6}), "process:workers=6");
}

}  // namespace
}  // namespace regatta::test
