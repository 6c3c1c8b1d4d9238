// SPDX-License-Identifier: Apache-2.0
#include "reports/load_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/hdr_percentiles.hpp"
#include "reports/load_json.hpp"
#include "reports/text_table.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using namespace http_load;

load_result sample_result() {
  load_result result;
  result.plan.url = "http://127.0.0.1:8080/";
  result.plan.open_loop = true;
  result.plan.headers = {{"Authorization", "Bearer secret"}};
  result.plan.body = "secret";
  result.plan.stages = {{.length = 1s, .from = 1000, .to = 1000, .measured = false},
                        {.length = 10s, .from = 1000, .to = 1000}};
  stage_result& stage = result.stages.emplace_back();
  stage.plan = result.plan.stages.back();
  stage.length = 10s;
  for (int i = 1; i <= 10'000; ++i) {
    stage.tally.latency.add(i * 1us);
    stage.tally.service.add(i * 900ns);
    stage.tally.send_lag.add(20us);
  }
  stage.tally.ok = 10'000;
  result.clients = {{.wall = 10s, .cpu = 3s, .waited = 100ms}};
  result.seconds = 11;
  return result;
}

std::size_t widest(const std::string& text) {
  std::istringstream lines(text);
  std::size_t most = 0;
  for (std::string line; std::getline(lines, line);) most = std::max(most, display_width(line));
  return most;
}

bool shows(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(LoadReport, SaysWhatWasMeasured) {
  const std::string text = render_load(sample_result(), {});
  for (const char* part :
       {"open loop of Poisson arrivals on 100 connections", "10.0 s at 1,000/s", "latency",
        "service", "send lag", "used 30 % of a CPU and waited 1.0 % for one",
        "300 µs of CPU a request"}) {
    EXPECT_TRUE(shows(text, part)) << part << "\n" << text;
  }
  for (const char* part : {"failures", "verdict", "withheld", "tokens"}) {
    EXPECT_FALSE(shows(text, part)) << part << "\n" << text;
  }
}

TEST(LoadReport, FitsANarrowTerminal) {
  load_result result = sample_result();
  result.stages.front().tally.timeouts = 3;
  result.bottleneck = "client thread 1 used 97 % of a CPU";
  result.levels = judge({*parse_service_level("p99=50ms")}, result.total(), true);
  const std::string text = render_load(result, {.columns = 60});
  EXPECT_LE(widest(text), 60U) << text;
  EXPECT_TRUE(shows(text, "3 timeouts"));
  EXPECT_TRUE(shows(text, "withheld  p99=50ms: the client was the bottleneck"));
}

TEST(LoadReport, AnEmptyLoadIsSaidToBeEmpty) {
  load_result result;
  result.plan.url = "http://127.0.0.1/";
  EXPECT_TRUE(shows(render_load(result, {}), "Nothing was measured"));
  EXPECT_TRUE(make_load_json(result)["stages"].empty());
}

TEST(LoadJson, HasAllAndNoSecrets) {
  load_result result = sample_result();
  result.levels = judge({*parse_service_level("p99=5ms")}, result.total(), false);
  const auto report = make_load_json(result);
  EXPECT_EQ(report["kind"], "load");
  EXPECT_EQ(report["schema_version"], 1);
  EXPECT_EQ(report["stages"].size(), 1U);
  EXPECT_EQ(report["total"]["ok"], 10'000);
  EXPECT_NEAR(report["total"]["latency_seconds"]["p99"].get<double>(), 9.9e-3, 1e-4);
  EXPECT_TRUE(report["total"]["latency_seconds"]["p99.99"].is_number());
  EXPECT_EQ(report["levels"][0]["verdict"], "missed");
  EXPECT_TRUE(report["client"]["bottleneck"].is_null());
  EXPECT_FALSE(shows(report.dump(), "secret"));
  std::uint64_t counted = 0;
  for (const auto& bucket : report["total"]["latency_seconds"]["buckets"]) {
    counted += bucket[1].get<std::uint64_t>();
  }
  EXPECT_EQ(counted, 10'000U);
}

TEST(LoadKnee, NamesTheRates) {
  knee_result knee;
  knee.levels = {*parse_service_level("p99=50ms")};
  knee.steps.push_back({1000, sample_result(), level_verdict::kept});
  knee.steps.push_back({2000, sample_result(), level_verdict::missed});
  knee.kept = 1000;
  knee.missed = 2000;
  const std::string text = render_knee(knee, {});
  EXPECT_TRUE(shows(text, "knee      1,000/s keeps p99=50ms; 2,000/s misses it")) << text;
  EXPECT_EQ(make_knee_json(knee)["kind"], "load-knee");
  EXPECT_EQ(make_knee_json(knee)["steps"].size(), 2U);
}

struct hdr_line {
  double value = 0, percentile = 0, count = 0;
};

std::vector<hdr_line> hdr_lines_of(const std::string& text) {
  std::vector<hdr_line> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    hdr_line each;
    if (words >> each.value >> each.percentile >> each.count) lines.push_back(each);
  }
  return lines;
}

TEST(HdrPercentiles, AreThoseOfTheSample) {
  const std::string text = render_hdr_percentiles(sample_result().total().latency);
  EXPECT_TRUE(text.starts_with("       Value     Percentile TotalCount 1/(1-Percentile)\n\n"));
  EXPECT_TRUE(shows(text, "#[Mean    =        5.00")) << text;
  EXPECT_TRUE(shows(text, "Total count    =        10000]")) << text;
  const auto lines = hdr_lines_of(text);
  ASSERT_GT(lines.size(), 40U);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_NEAR(lines[i].value, 10 * lines[i].percentile, 0.1) << i;
    if (i > 0) {
      EXPECT_GT(lines[i].percentile, lines[i - 1].percentile);
    }
    EXPECT_GE(lines[i].count, 10'000 * lines[i].percentile - 1);
  }
  EXPECT_EQ(lines.back().percentile, 1);
  EXPECT_NEAR(lines.back().value, 10, 1e-9);
}

TEST(HdrPercentiles, OfNothingAreNoNonsense) {
  const std::string text = render_hdr_percentiles({});
  EXPECT_FALSE(shows(text, "nan"));
  EXPECT_TRUE(hdr_lines_of(text).empty());
}

}  // namespace
}  // namespace regatta::test
