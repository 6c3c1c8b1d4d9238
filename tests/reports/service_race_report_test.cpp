// SPDX-License-Identifier: Apache-2.0
#include "reports/service_race_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/text_table.hpp"
#include "tests/reports/measured.hpp"

namespace regatta::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double mib = 1 << 20;

cell_result raced(const std::string& label, double throughput, double cpu, int complexity) {
  return with_cost(cell(label, around(throughput)), cpu, static_cast<std::uint64_t>(8 * mib),
                   complexity);
}

// A loop and a hybrid, raced at the knee only; the hybrid does `gain` times as much.
service_race_result raced_service(double gain) {
  service_race_result result;
  result.source = "python3 (pid 812)";
  result.demand.rate = 100;
  result.demand.concurrency = 12;
  result.demand.samples = 500;
  result.demand.cpu = 0.003;
  result.demand.waiting = 0.1;
  result.cpus = 2;
  result.knee = 60;
  result.calibration.own_overhead = 40e-6;
  const std::vector<backend_model> models = {
      {.backend = "coroutine", .kind = server_kind::loop, .complexity = 2, .overhead = 40e-6},
      {.backend = "coroutine+thread",
       .kind = server_kind::offloading,
       .complexity = 4,
       .overhead = 90e-6}};
  for (const backend_model& model : models) {
    result.predictions.push_back(predict(result.demand, model, 40e-6, 2, 128));
  }
  replay_fidelity& fidelity = result.fidelity.emplace();
  fidelity.own = {"coroutine", {}, "coroutine"};
  fidelity.why = "one thread runs the loop";
  fidelity.rate = 100;
  fidelity.profiled_throughput = fidelity.replayed_throughput = 100;
  fidelity.profiled_latency = 0.105;
  fidelity.replayed_latency = 0.107;
  result.loads = {{.name = "twice the load",
                   .rate = 2000,
                   .in_flight = 64,
                   .skipped = "twice the load (2000/s) was not raced."},
                  {.name = "the knee", .in_flight = 60, .place = 0}};
  result.run.workloads = {measured(
      {raced("coroutine", 330, 0.003, 2), raced("coroutine+thread", gain * 330, 0.0031, 4)})};
  return result;
}

TEST(ServiceAdvice, NamesTheApproachThatLosesLeast) {
  const service_race_result result = raced_service(1.7);
  const service_advice advice = advise(result, "service.json");
  EXPECT_EQ(advice.choice, "coroutine+thread");
  EXPECT_FALSE(advice.keep_own);
  ASSERT_TRUE(advice.gain);
  EXPECT_NEAR(advice.gain->ratio, 1.7, 0.01);
  ASSERT_EQ(advice.regrets.size(), 2U);
  EXPECT_EQ(advice.regrets[1].label, "coroutine");
  EXPECT_NEAR(advice.regrets[1].worst, 0.7, 0.01);
  EXPECT_EQ(advice.regrets[1].load, "the knee");
  ASSERT_TRUE(advice.expected && advice.brought);
  EXPECT_NEAR(*advice.brought, 1.7 * 330, 3);
  ASSERT_TRUE(advice.flips.below) << "with less computing the loop is as good";
  EXPECT_EQ(advice.flips.below->backend, "coroutine");
  EXPECT_FALSE(advice.unless.empty());
  EXPECT_THAT(advice.verify.front(), HasSubstr("--input service.json -b coroutine+thread -b cor"));
}

// The same, and a rival of another kind that takes less CPU time.
service_race_result with_rival(const std::string& label, server_kind kind, double throughput) {
  service_race_result result = raced_service(1.7);
  const backend_model model{.backend = label, .kind = kind, .complexity = 2, .overhead = 40e-6};
  result.predictions.push_back(predict(result.demand, model, 40e-6, 2, 128));
  auto cells = result.run.workloads[0].cells;
  cells.push_back(raced(label, throughput, 0.0025, 2));
  result.run.workloads = {measured(cells)};
  return result;
}

TEST(ServiceAdvice, PassesOverAThreadForEachRequestThatMostlyWaits) {
  const service_advice advice =
      advise(with_rival("thread", server_kind::pool, 1.72 * 330), "service.json");
  EXPECT_EQ(advice.choice, "coroutine+thread");
  ASSERT_EQ(advice.passed_over.size(), 1U);
  EXPECT_THAT(advice.passed_over.front(), HasSubstr("thread. A thread or process for each"));
  EXPECT_THAT(advice.passed_over.front(), HasSubstr("69 of them to keep 2 CPUs busy"));
  EXPECT_THAT(advice.because, testing::Contains(advice.passed_over.front()));
  ASSERT_TRUE(advice.flips.below)
      << "thread is simpler today already; today's shape is as good there";
  EXPECT_EQ(advice.flips.below->backend, "coroutine");
  EXPECT_THAT(advice.unless, testing::Contains(HasSubstr("what the service does today, is as")));
}

TEST(ServiceAdvice, TakesAThreadForEachRequestThatHardlyWaits) {
  service_race_result result = with_rival("thread", server_kind::pool, 1.72 * 330);
  result.demand.waiting = 0.005;
  const service_advice advice = advise(result, "service.json");
  EXPECT_EQ(advice.choice, "thread");
  EXPECT_TRUE(advice.passed_over.empty());
}

TEST(ServiceAdvice, TakesAThreadForEachRequestThatIsClearlyAheadAndSaysWhatItTakes) {
  const service_advice advice =
      advise(with_rival("thread", server_kind::pool, 2.5 * 330), "service.json");
  EXPECT_EQ(advice.choice, "thread");
  EXPECT_THAT(advice.unless, testing::Contains(HasSubstr("keeps a thread or a process, which")));
}

TEST(ServiceAdvice, PassesOverLoopsThatStandStill) {
  service_race_result result = with_rival("coroutine-mt", server_kind::loops, 1.72 * 330);
  EXPECT_EQ(advise(result, "service.json").choice, "coroutine-mt");
  finding blocked = blocked_loop();
  blocked.longest = 0.04;
  result.run.workloads[0].cells[2].findings.emplace({blocked});
  const service_advice advice = advise(result, "service.json");
  EXPECT_EQ(advice.choice, "coroutine+thread");
  ASSERT_EQ(advice.passed_over.size(), 1U);
  EXPECT_THAT(advice.passed_over.front(), HasSubstr("stood still for up to 40.0 ms"));
}

// Under a load with few requests: p99 is the leader's by chance, the medians are alike.
TEST(ServiceAdvice, DoesNotCountATailThatTooFewRequestsShow) {
  service_race_result result = raced_service(1.7);
  std::vector<cell_result> cells = result.run.workloads[0].cells;
  for (cell_result& cell : cells) {
    const bool slow = cell.choice.label == "coroutine+thread";
    cell.epochs.resize(1);
    cell.epochs[0].p99 = slow ? 0.15 : 0.12;
    cell.latency = {};
    cell.latency.count = 120;
    cell.latency.p50 = 0.1;
    cell.latency.p99 = cell.epochs[0].p99;
    cell.latency.p50_interval = interval{0.098, 0.103};
  }
  workload_result half = measured(cells);
  half.plan.rate = 50;
  result.run.workloads.push_back(half);
  result.loads.push_back({.name = "half the load", .rate = 50, .in_flight = 64, .place = 1});
  EXPECT_EQ(advise(result, "service.json").choice, "coroutine+thread");
}

TEST(ServiceAdvice, LeavesAServiceAloneWhereNothingIsGained) {
  const service_advice advice = advise(raced_service(1.01), "service.json");
  EXPECT_EQ(advice.choice, "coroutine");
  EXPECT_TRUE(advice.keep_own);
  EXPECT_FALSE(advice.gain);
}

TEST(ServiceAdvice, IsNotGivenOnABadReplay) {
  service_race_result result = raced_service(1.7);
  result.no_advice = "No advice: replayed as it is, the service is off its profile by 40 %.";
  const service_advice advice = advise(result, "service.json");
  EXPECT_TRUE(advice.choice.empty());
  const std::string page = render_service_race(result, advice, {});
  EXPECT_THAT(page, HasSubstr("off its profile by 40 %"));
  EXPECT_THAT(page, Not(HasSubstr("verify")));
  EXPECT_TRUE(make_service_race_json(result, advice).at("advice").is_null());
}

TEST(ServiceAdvice, NeedsAFigureUnderEveryLoad) {
  service_race_result result = raced_service(1.7);
  result.run.workloads[0].cells[1] = ended("coroutine+thread", outcome::crashed, "signal 11");
  EXPECT_EQ(advise(result, "service.json").choice, "coroutine");
  result.run.workloads.clear();
  result.loads.clear();
  EXPECT_EQ(advise(result, "service.json").choice, "");
}

TEST(ServiceRaceReport, FitsANarrowTerminal) {
  const service_race_result result = raced_service(1.7);
  const service_advice advice = advise(result, "service.json");
  const std::string page = render_service_race(result, advice, {.columns = 60, .color = false});
  std::stringstream lines(page);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 60U) << line;
  EXPECT_THAT(page, HasSubstr("use coroutine+thread"));
  EXPECT_THAT(page, HasSubstr("was not raced"));
  EXPECT_THAT(page, HasSubstr("60 (knee)"));
  EXPECT_EQ(page.find('\033'), page.npos);
}

TEST(ServiceRaceReport, HoldsEverythingAsJson) {
  const service_race_result result = raced_service(1.7);
  const auto json = make_service_race_json(result, advise(result, "service.json"));
  EXPECT_EQ(json.at("advice").at("backend"), "coroutine+thread");
  EXPECT_EQ(json.at("fidelity").at("good"), true);
  EXPECT_NEAR(json.at("fidelity").at("off").get<double>(), 2.0 / 105, 1e-9);
  EXPECT_EQ(json.at("predictions").size(), 2U);
  EXPECT_EQ(json.at("predictions").at(0).at("curve").size(), 65U) << "1 to 64, then 128";
  EXPECT_TRUE(json.at("loads").at(0).at("workload").is_null());
  EXPECT_EQ(json.at("run").at("workloads").size(), 1U);
}

}  // namespace
}  // namespace regatta::test
