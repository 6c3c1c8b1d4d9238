// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <optional>
#include <string>

#include "harness/sql/postgresql_endpoint.hpp"
#include "tests/conformance/shared_references.hpp"
#include "workloads/servers/postgresql_admin.hpp"
#include "workloads/servers/postgresql_database.hpp"
#include "workloads/servers/private_postgresql.hpp"

// PostgreSQL dies under a cell's load, in a real cell process.

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

constexpr unsigned in_flight = 4;
constexpr cell_process::time_limit cell_patience = 90s;

class PostgresqlFailures : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const auto missing = private_postgresql::why_unavailable()) GTEST_SKIP() << *missing;
  }

  static epoch_plan of_items(std::uint64_t items) {
    epoch_plan plan;
    plan.in_flight = in_flight;
    plan.item_limit = items;
    return plan;
  }
};

// A backend process that is killed takes all connections along: the server starts anew.
TEST_P(PostgresqlFailures, OnlyItemsInFlightAreLostAndNothingIsRestarted) {
  shared_references references({}, private_database);
  const shared_reference& reference = references.of("db-query");
  cell_process cell(reference.dataset.get(), [] { return false; });
  backend_choice choice{GetParam(), {}, GetParam()};
  for (const backend_option& each : backends().at(GetParam()).info.options) {
    choice.options[each.name] = each.fallback;
  }
  // A loaded machine may take longer to recover than the usual patience lasts.
  postgresql_endpoint database = parse_postgresql_endpoint(reference.endpoints.at("database"));
  database.patience = 60s;
  endpoint_map endpoints = reference.endpoints;
  endpoints["database"] = to_text(database);
  cell.start({.workload = "db-query",
              .options = reference.options,
              .choice = choice,
              .in_flight = in_flight,
              .endpoints = endpoints,
              .api_key = {},
              .max_answer_bytes = reference.result.max_answer_bytes,
              .key = reference.result.key},
             cell_patience);
  EXPECT_EQ(cell.run(of_items(20), true, cell_patience).result.failures, 0U);

  const connection_options server = parse_connection_url(database.url);
  std::optional<postgresql_admin> admin;
  bool killed = false;
  const auto kill_one = [&] {
    if (killed) return;
    const auto busy = admin->execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'regatta' AND "
        "state = 'active' AND pid <> pg_backend_pid() LIMIT 1");
    if (busy.empty()) return;
    ::kill(static_cast<pid_t>(std::stoi(busy[0][0])), SIGKILL);
    killed = true;
  };
  // Where every connection happens to be idle when it dies nothing is lost: then once more.
  epoch_result result;
  for (int round = 0; round < 5 && result.failures == 0; ++round) {
    killed = false;
    admin.emplace(server);  // the one before died with the others
    result = cell.run(of_items(4000), true, cell_patience, kill_one).result;
    ASSERT_TRUE(killed) << "it was over too soon";
  }
  EXPECT_EQ(result.wrong, 0U);
  EXPECT_EQ(result.accounting_error, "");
  EXPECT_GE(result.failures, 1U);
  // While it goes down it may still accept a connection, and take that along too.
  EXPECT_LE(result.failures, 3 * in_flight);
  EXPECT_THAT(result.first_failure, testing::StartsWith("PostgreSQL: "));

  const epoch_result after = cell.run(of_items(20), true, cell_patience).result;
  EXPECT_EQ(after.failures, 0U) << after.first_failure;
  EXPECT_EQ(after.wrong, 0U);
}

INSTANTIATE_TEST_SUITE_P(Postgresql, PostgresqlFailures,
                         testing::Values("coroutine", "coroutine-mt", "thread", "process"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace regatta::test
