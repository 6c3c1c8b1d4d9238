// SPDX-License-Identifier: Apache-2.0
#include "harness/service/metrics_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <sstream>

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

service_state some_state() {
  service_state state;
  state.backend = "coroutine+process";
  state.most_requests = 2000;
  state.requests_inside = 7;
  state.facts.workers_lost = 1;
  state.loops.resize(2);
  state.loops[0].iterations = 12;
  state.loops[0].stretches = 2;
  state.loops[0].blocked = 60ms;
  state.loops[0].longest = 48ms;
  state.loops[1].iterations = 9;
  state.loops[1].blocked_now = 1500ms;
  return state;
}

TEST(MetricsText, SaysOfEachMetricWhatItIsBeforeItsSamples) {
  const auto metrics = std::make_unique<service_metrics>();
  metrics->count_answer(service_route::answer, 200);
  metrics->count_answer(service_route::answer, 200);
  metrics->count_answer(service_route::none, 404);
  const auto lines = lines_of(metrics_text(*metrics, some_state()));
  const auto type =
      std::find(lines.begin(), lines.end(), "# TYPE regatta_serve_requests_total counter");
  ASSERT_NE(type, lines.end());
  EXPECT_THAT(*(type - 1), HasSubstr("# HELP regatta_serve_requests_total "));
  EXPECT_EQ(*(type + 1), "regatta_serve_requests_total{route=\"answer\",status=\"200\"} 2");
  EXPECT_EQ(*(type + 2), "regatta_serve_requests_total{route=\"answer\",status=\"503\"} 0");
  EXPECT_EQ(*(type + 3), "regatta_serve_requests_total{route=\"none\",status=\"404\"} 1");
  EXPECT_THAT(lines, Contains("regatta_serve_requests_inside 7"));
  EXPECT_THAT(lines, Contains("regatta_serve_workers_lost_total 1"));
  EXPECT_THAT(lines, Contains("regatta_serve_draining 0"));
  EXPECT_THAT(lines, Contains("regatta_serve_llm_reachable 1"));
}

TEST(MetricsText, CumulatesTheHistogramAndCountsWhatIsOverItsLastLimit) {
  const auto metrics = std::make_unique<service_metrics>();
  metrics->latency.add(5ms);  // its limit belongs to a bucket
  metrics->latency.add(200ms);
  metrics->latency.add(200ms);
  metrics->latency.add(90s);
  const auto lines = lines_of(metrics_text(*metrics, some_state()));
  const std::string name = "regatta_serve_request_seconds";
  EXPECT_THAT(lines, Contains("# TYPE " + name + " histogram"));
  EXPECT_THAT(lines, Contains(name + "_bucket{le=\"0.005\"} 1"));
  EXPECT_THAT(lines, Contains(name + "_bucket{le=\"0.1\"} 1"));
  EXPECT_THAT(lines, Contains(name + "_bucket{le=\"0.25\"} 3"));
  EXPECT_THAT(lines, Contains(name + "_bucket{le=\"60\"} 3"));
  EXPECT_THAT(lines, Contains(name + "_bucket{le=\"+Inf\"} 4"));
  EXPECT_THAT(lines, Contains(name + "_count 4"));
  EXPECT_THAT(lines, Contains(name + "_sum 90.405"));
}

TEST(MetricsText, HasTheHealthOfEachLoop) {
  const auto metrics = std::make_unique<service_metrics>();
  const std::string text = metrics_text(*metrics, some_state());
  for (const char* const sample :
       {"loop_iterations_total{loop=\"1\"} 12\n", "loop_iterations_total{loop=\"2\"} 9\n",
        "loop_blocked_stretches_total{loop=\"1\"} 2\n",
        "loop_blocked_seconds_total{loop=\"1\"} 0.06\n",
        "loop_longest_blocked_seconds{loop=\"1\"} 0.048\n",
        "loop_blocked_now_seconds{loop=\"1\"} 0\n", "loop_blocked_now_seconds{loop=\"2\"} 1.5\n"}) {
    EXPECT_THAT(text, HasSubstr(std::string("regatta_serve_") + sample));
  }
}

TEST(MetricsText, AnUnreachableLlmAndADrainingServerShow) {
  const auto metrics = std::make_unique<service_metrics>();
  service_state state = some_state();
  state.draining = true;
  state.llm_reachable = false;
  const auto lines = lines_of(metrics_text(*metrics, state));
  EXPECT_THAT(lines, Contains("regatta_serve_draining 1"));
  EXPECT_THAT(lines, Contains("regatta_serve_llm_reachable 0"));
  EXPECT_THAT(lines, Not(Contains("")));
}

}  // namespace
}  // namespace regatta::test
