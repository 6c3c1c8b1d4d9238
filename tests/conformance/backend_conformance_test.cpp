// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "tests/conformance/shared_references.hpp"
#include "tests/support/sanitizers.hpp"
#include "workloads/servers/postgresql_database.hpp"
#include "workloads/servers/private_postgresql.hpp"

// Every registered backend runs every registered workload, in a real cell process, and keeps these
// laws. A new backend or workload is in here as soon as it is registered.

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

constexpr cell_process::time_limit patience = 30s;
constexpr unsigned usual_in_flight = 4;

struct pairing {
  backend_choice choice;
  std::string workload;
  std::string database = {};  // see run_plan::database
};

std::string text_of(const pairing& value) {
  std::string text = value.choice.label + " on " + value.workload;
  if (!value.database.empty()) text += " with " + value.database;
  return text;
}

// gtest prints a parameter of a failed test.
void PrintTo(const pairing& value, std::ostream* out) { *out << text_of(value); }

backend_choice resolved(const backend_info& info, const std::string& option = {},
                        const std::string& value = {}) {
  backend_choice choice{info.name, {}, info.name};
  for (const backend_option& each : info.options) choice.options[each.name] = each.fallback;
  if (!option.empty()) {
    choice.options[option] = value;
    choice.label += fmt::format(":{}={}", option, value);
  }
  return choice;
}

// As registered, and once for each value of the options that change how items travel.
std::vector<backend_choice> choices_of(const backend_info& info) {
  std::vector<backend_choice> choices = {resolved(info)};
  for (const backend_option& option : info.options) {
    if (option.name == "start") {
      for (const char* const method : {"fork", "forkserver", "spawn"}) {
        if (method != option.fallback) choices.push_back(resolved(info, "start", method));
      }
    }
    if (option.name == "chunk") choices.push_back(resolved(info, "chunk", "3"));
  }
  return choices;
}

// A part of them has each backend with every third workload, and each workload with every third
// backend.
enum class extent { all, third };

std::vector<pairing> pairings(extent wanted) {
  std::vector<pairing> chosen;
  std::size_t row = 0;
  for (const auto& [workload, ignored] : workloads()) {
    std::size_t place = row++;
    for (const auto& [name, entry] : backends()) {
      if (!entry.info.family.empty()) continue;  // other runtimes: tests/harness/external
      for (backend_choice& choice : choices_of(entry.info)) {
        const bool in_third = place++ % 3 == 0;
        if (wanted == extent::all || in_third) chosen.push_back({std::move(choice), workload});
      }
    }
  }
  return chosen;
}

// Backends that ask a database each in a way of its own: on one loop, on several, from threads,
// from processes.
std::vector<pairing> pairings_with_postgresql() {
  std::vector<pairing> all;
  for (const char* const name : {"coroutine", "coroutine-mt", "thread", "process"}) {
    all.push_back({resolved(backends().at(name).info), "db-query", private_database});
  }
  return all;
}

std::string name_of(const testing::TestParamInfo<pairing>& info) {
  std::string name = text_of(info.param);
  for (char& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return name;
}

class BackendConformance : public testing::TestWithParam<pairing> {
 protected:
  static void TearDownTestSuite() { references.clear(); }

  void SetUp() override {
    if (GetParam().database.empty()) return;
    if (const auto missing = private_postgresql::why_unavailable()) GTEST_SKIP() << *missing;
  }

  /// A started cell. Null, and the test skipped or failed, if the backend is unavailable.
  std::unique_ptr<cell_process> started(unsigned in_flight) {
    auto& shared = references[GetParam().database];
    if (shared == nullptr)
      shared =
          std::make_unique<shared_references>(shared_references::parameters(), GetParam().database);
    const shared_reference& reference = shared->of(GetParam().workload);
    auto cell = std::make_unique<cell_process>(reference.dataset.get(), [] { return false; });
    const auto answer = cell->start({.workload = GetParam().workload,
                                     .options = reference.options,
                                     .choice = GetParam().choice,
                                     .in_flight = in_flight,
                                     .endpoints = reference.endpoints,
                                     .api_key = {},
                                     .max_answer_bytes = reference.result.max_answer_bytes,
                                     .key = reference.result.key,
                                     .blocked_over = 10ms},
                                    patience);
    if (const auto* missing = std::get_if<unavailable>(&answer)) {
      EXPECT_GT(missing->reason.size(), 10U) << "unavailable without a reason that explains it";
      unavailable_because_ = missing->reason;
      return nullptr;
    }
    const backend_facts& facts = std::get<cell_ready>(answer).facts;
    EXPECT_GE(facts.workers, 1U);
    EXPECT_GE(facts.capacity, 1U);
    return cell;
  }

  /// An epoch without a wrong, failed, lost or repeated item.
  epoch_result healthy(cell_process& cell, const epoch_plan& plan) {
    const epoch_result result = cell.run(plan, true, patience).result;
    EXPECT_EQ(result.wrong, 0U);
    EXPECT_EQ(result.failures, 0U) << result.first_failure;
    EXPECT_EQ(result.accounting_error, "");
    counted_items_ += result.items;
    return result;
  }

  static inline std::map<std::string, std::unique_ptr<shared_references>> references;
  std::string unavailable_because_;
  std::uint64_t counted_items_ = 0;
};

// Whatever processes and threads the items ran in. (Of the other workloads that measure something,
// nobody knows how often.)
void has_all_measures(const std::vector<measure>& measures, std::uint64_t items) {
  const auto first = std::find_if(measures.begin(), measures.end(), [](const measure& each) {
    return each.name == "time to first token";
  });
  ASSERT_NE(first, measures.end());
  EXPECT_EQ(first->count, items) << "one an item, of the counted epochs";
  EXPECT_GT(first->sum, 0);
  EXPECT_GE(first->max, first->p50.value_or(0));
}

epoch_plan of_items(unsigned in_flight, std::uint64_t items, std::uint64_t first_index = 0) {
  epoch_plan plan;
  plan.first_index = first_index;
  plan.in_flight = in_flight;
  plan.item_limit = items;
  return plan;
}

epoch_plan of_window(unsigned in_flight, std::chrono::nanoseconds window) {
  epoch_plan plan;
  plan.in_flight = in_flight;
  plan.window = window;
  plan.ramp = plan.stagger = window / 20;
  return plan;
}

epoch_plan of_arrivals(unsigned in_flight, double rate, std::uint64_t items, std::uint64_t seed) {
  epoch_plan plan = of_items(in_flight, items);
  plan.rate = rate;
  plan.seed = seed;
  return plan;
}

// Closed loops of a given number of items, one after the other: as in the runner, whose blocks
// count their items from multiples of 2^32.
void runs_epoch_after_epoch(auto healthy, unsigned in_flight) {
  for (const std::uint64_t block : {0U, 1U}) {
    SCOPED_TRACE(fmt::format("epoch {}", block));
    const epoch_result result = healthy(of_items(in_flight, 3 * in_flight + 1, block << 32U));
    EXPECT_EQ(result.items, 3 * in_flight + 1);
    EXPECT_GT(result.throughput, 0);
  }
}

void runs_fewer_items_than_are_in_flight(auto healthy, unsigned in_flight) {
  for (const std::uint64_t items : {0U, 1U, 3U}) {
    SCOPED_TRACE(fmt::format("{} items, {} in flight", items, in_flight));
    EXPECT_EQ(healthy(of_items(in_flight, items)).items, items);
  }
}

void stops_when_the_window_ends(auto healthy, unsigned in_flight) {
  auto window = 40ms;  // or more, where an item takes longer: a busy machine, a sanitizer
  while (window < 1s && healthy(of_window(in_flight, window)).items == 0) window *= 2;
  EXPECT_LT(window, 1s) << "no item in a window of half of it";
  SCOPED_TRACE("a window that is over before it begins");
  EXPECT_EQ(healthy(of_window(in_flight, 0ms)).items, 0U);
}

// The first arrival comes after 1/rate, on average; its latency is negative if it was not waited
// for.
void waits_for_arrivals(cell_process& cell, unsigned in_flight) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(fmt::format("one arrival, seed {}", seed));
    const epoch_report report = cell.run(of_arrivals(in_flight, 200.0, 1, seed), false, patience);
    EXPECT_EQ(report.result.items, 1U) << report.result.first_failure;
    ASSERT_TRUE(report.median_service.has_value());
    EXPECT_GE(*report.median_service, 0);
    EXPECT_LE(*report.median_service, std::chrono::duration<double>(report.result.elapsed).count());
  }
}

void serves_all_arrivals_of_a_low_rate(auto healthy, unsigned in_flight) {
  SCOPED_TRACE("open loop");
  const epoch_result result = healthy(of_arrivals(in_flight, 150.0, 12, 5));
  EXPECT_EQ(result.items, 12U);
  EXPECT_EQ(result.unserved, 0U);
}

TEST_P(BackendConformance, KeepsTheLaws) {
  const auto cell = started(usual_in_flight);
  if (cell == nullptr) GTEST_SKIP() << unavailable_because_;
  const auto run = [&](const epoch_plan& plan) { return healthy(*cell, plan); };
  runs_epoch_after_epoch(run, usual_in_flight);
  runs_fewer_items_than_are_in_flight(run, usual_in_flight);
  stops_when_the_window_ends(run, usual_in_flight);
  waits_for_arrivals(*cell, usual_in_flight);
  serves_all_arrivals_of_a_low_rate(run, usual_in_flight);

  const cell_summary summary = cell->summarise(patience);
  EXPECT_GT(summary.latency.count, 0U);
  EXPECT_EQ(summary.facts.workers_lost, 0U);
  EXPECT_TRUE(summary.usage.has_value());
  if (GetParam().workload == "llm-stream") has_all_measures(summary.measures, counted_items_);
  if (GetParam().choice.backend.starts_with("coroutine")) {
    EXPECT_TRUE(summary.findings.has_value()) << "nobody watched its event loops";
  }
}

class BackendConformanceAlone : public BackendConformance {};

TEST_P(BackendConformanceAlone, KeepsTheLawsWithOneItemInFlight) {
  const auto cell = started(1);
  if (cell == nullptr) GTEST_SKIP() << unavailable_because_;
  const auto run = [&](const epoch_plan& plan) { return healthy(*cell, plan); };
  runs_epoch_after_epoch(run, 1);
  runs_fewer_items_than_are_in_flight(run, 1);
  stops_when_the_window_ends(run, 1);
  waits_for_arrivals(*cell, 1);
}

INSTANTIATE_TEST_SUITE_P(Conformance, BackendConformance,
                         testing::ValuesIn(pairings(sanitized ? extent::third : extent::all)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Conformance, BackendConformanceAlone,
                         testing::ValuesIn(pairings(extent::third)), name_of);
INSTANTIATE_TEST_SUITE_P(Postgresql, BackendConformance,
                         testing::ValuesIn(pairings_with_postgresql()), name_of);

}  // namespace
}  // namespace regatta::test
