// SPDX-License-Identifier: Apache-2.0
#include "harness/http_load/knee_search.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "harness/http_load/client_limits.hpp"
#include "harness/http_load/find_knee.hpp"

namespace regatta::http_load::test {
namespace {

using namespace std::chrono_literals;

struct searched {
  std::optional<double> kept, missed;
  int steps = 0;
};

searched search_for(double knee, double first, double precision) {
  knee_search search(first, precision);
  searched found;
  while (const auto rate = search.next()) {
    search.tell(*rate <= knee ? level_verdict::kept : level_verdict::missed);
    if (++found.steps > 100) break;
  }
  found.kept = search.kept();
  found.missed = search.missed();
  return found;
}

TEST(KneeSearch, FindsTheKneeFromBelowAndFromAbove) {
  for (const double first : {1.0, 100.0, 1e5}) {
    const searched found = search_for(3456, first, 0.05);
    ASSERT_TRUE(found.kept && found.missed) << first;
    EXPECT_LE(*found.kept, 3456);
    EXPECT_GT(*found.missed, 3456);
    EXPECT_LE(*found.missed, *found.kept * 1.05);
    EXPECT_LE(found.steps, 20);
  }
}

TEST(KneeSearch, EndsWhereThereIsNoKnee) {
  EXPECT_FALSE(search_for(1e300, 100, 0.05).missed);
  EXPECT_FALSE(search_for(0, 100, 0.05).kept);
}

TEST(KneeSearch, AWithheldVerdictEndsIt) {
  knee_search search(100, 0.05);
  search.tell(level_verdict::kept);
  EXPECT_EQ(search.next(), 200);
  search.tell(level_verdict::withheld);
  EXPECT_EQ(search.next(), std::nullopt);
  EXPECT_EQ(search.kept(), 100);
  EXPECT_EQ(search.missed(), std::nullopt);
}

TEST(PlanStep, EndsEarlyOnlyWhenTheLevelCannotBeKept) {
  knee_plan plan;
  plan.levels = {*parse_service_level("errors=0.1%"), *parse_service_level("p99=50ms")};
  plan.step = 10s;
  plan.warm_up = 2s;
  const load_plan step = plan_step(plan, 1000);
  ASSERT_EQ(step.stages.size(), 2U);
  EXPECT_FALSE(step.stages.front().measured);
  EXPECT_EQ(step.stages.back().length, 10s);
  EXPECT_EQ(step.stages.back().to, 1000);
  EXPECT_EQ(step.late_after, 50ms);
  EXPECT_GE(step.most_late, 100U) << "1 % of 10,000 may be late";
  EXPECT_LE(step.most_late, 110U);
  plan.levels.pop_back();
  EXPECT_FALSE(plan_step(plan, 1000).late_after) << "no level on latency";
}

TEST(ServiceLevel, IsReadAsItIsWritten) {
  const auto p99 = parse_service_level("p99=50ms");
  ASSERT_TRUE(p99);
  EXPECT_EQ(p99->measure, level_measure::latency);
  EXPECT_DOUBLE_EQ(p99->quantile, 0.99);
  EXPECT_DOUBLE_EQ(p99->limit, 0.05);
  EXPECT_DOUBLE_EQ(parse_service_level("p99.9=250us")->quantile, 0.999);
  EXPECT_DOUBLE_EQ(parse_service_level("p99.9=250us")->limit, 250e-6);
  EXPECT_EQ(parse_service_level("ttft.p95=1s")->measure, level_measure::first_token);
  EXPECT_EQ(parse_service_level("itl.p50=9ms")->measure, level_measure::inter_token);
  EXPECT_DOUBLE_EQ(parse_service_level("errors=0.1%")->limit, 0.001);
  EXPECT_DOUBLE_EQ(parse_service_level("errors=0")->limit, 0);
  for (const char* text : {"", "p99", "p99=", "p99=50", "p99=-1ms", "p0=1ms", "p100=1ms", "99=1ms",
                           "ttft=5ms", "errors=200%", "errors=1ms", "p99=0ms", "p99=1 ms"}) {
    EXPECT_FALSE(parse_service_level(text)) << text;
  }
}

load_tally tally_of(int fast, int slow, std::uint64_t failed) {
  load_tally tally;
  for (int i = 0; i < fast; ++i) tally.latency.add(1ms);
  for (int i = 0; i < slow; ++i) tally.latency.add(1s);
  tally.ok = static_cast<std::uint64_t>(fast + slow);
  tally.resets = failed;
  return tally;
}

level_verdict verdict_on(const char* level, const load_tally& tally, bool client = false) {
  return worst_of(judge({*parse_service_level(level)}, tally, client));
}

TEST(ServiceLevel, IsHeldAgainstWhatWasMeasured) {
  EXPECT_EQ(verdict_on("p99=50ms", tally_of(995, 5, 0)), level_verdict::kept);
  EXPECT_EQ(verdict_on("p99=50ms", tally_of(980, 20, 0)), level_verdict::missed);
  EXPECT_EQ(verdict_on("p99=50ms", tally_of(50, 0, 0)), level_verdict::withheld) << "too few";
  EXPECT_EQ(verdict_on("errors=1%", tally_of(990, 0, 10)), level_verdict::kept);
  EXPECT_EQ(verdict_on("errors=0.9%", tally_of(990, 0, 10)), level_verdict::missed);
  EXPECT_EQ(verdict_on("p99=50ms", tally_of(995, 5, 0), true), level_verdict::withheld);
  EXPECT_EQ(worst_of({}), level_verdict::kept);
}

TEST(ServiceLevel, WhatFailedIsSlowerThanAnyLimit) {
  EXPECT_EQ(verdict_on("p99=50ms", tally_of(995, 0, 5)), level_verdict::kept);
  EXPECT_EQ(verdict_on("p99=50ms", tally_of(980, 0, 20)), level_verdict::missed)
      << "a server that refuses quickly";
  EXPECT_EQ(verdict_on("p99=50ms", tally_of(988, 6, 6)), level_verdict::missed)
      << "slow and failed together are more than 1 %";
  EXPECT_EQ(verdict_on("p99=50ms", tally_of(990, 4, 5)), level_verdict::kept);
  EXPECT_EQ(verdict_on("p50=50ms", tally_of(0, 0, 1000)), level_verdict::missed);
}

TEST(FindBottleneck, NamesWhatTheClientLacked) {
  const client_use idle{.wall = 1s, .cpu = 300ms, .waited = 10ms};
  const client_use full{.wall = 1s, .cpu = 950ms, .waited = 1ms};
  const client_use polling{.wall = 1s, .cpu = 990ms, .polled = 600ms};
  const client_use starved{.wall = 1s, .cpu = 500ms, .waited = 450ms};
  EXPECT_EQ(find_bottleneck({idle}, 1e-4, {}), "");
  EXPECT_EQ(find_bottleneck({polling}, 1e-6, {}), "") << "who polls could do more";
  EXPECT_EQ(find_bottleneck({idle, full}, 1e-4, {}), "client thread 2 needed 95 % of a CPU");
  EXPECT_NE(find_bottleneck({starved}, {}, {}).find("waited for one 45 %"), std::string::npos);
  EXPECT_NE(find_bottleneck({idle}, 2e-3, {}).find("2.00 ms late"), std::string::npos);
}

}  // namespace
}  // namespace regatta::http_load::test
