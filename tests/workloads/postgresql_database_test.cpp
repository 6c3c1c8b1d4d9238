// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/postgresql_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "harness/load/inline_compute.hpp"
#include "tests/harness/sql/postgresql_server.hpp"
#include "tests/workloads/mock_llm_client.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "tests/workloads/temporary_directory.hpp"
#include "workloads/servers/postgresql_tables.hpp"
#include "workloads/servers/sqlite_database.hpp"

namespace regatta::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr std::int64_t documents = 5000;

class PostgresqlDatabase : public WithPostgresql {
 protected:
  static postgresql_server& server() { return postgresql_server::shared(); }

  /// The server over TCP, where passwords are asked for.
  static std::string url(const std::string& user, const std::string& password) {
    return connection_url({{"host", "127.0.0.1"},
                           {"port", std::to_string(server().port)},
                           {"user", user},
                           {"password", password},
                           {"dbname", "postgres"}});
  }

  static std::unique_ptr<running_service> started(
      const std::string& database, std::map<std::string, std::string> settings = {}) {
    service_options options;
    options.scale = dataset_scale::quick;
    options.settings = std::move(settings);
    options.database = database;
    return services().at("database")(options);
  }

  static std::string complaint(auto action) {
    try {
      action();
    } catch (const std::exception& error) {
      return error.what();
    }
    return "no complaint";
  }

  static std::string count(const std::string& rest) {
    return server().admin().execute("SELECT count(*) " + rest)[0][0];
  }
};

buffer async_answer(const opened_workload& workload, async_runtime& runtime, event_loop& loop,
                    std::uint64_t index) {
  buffer answer;
  const auto run = [&]() -> async_task<void> {
    async_context context(runtime);
    const item it{index, workload.input(index)};
    answer = co_await workload.instance().run(context, it);
  };
  loop.start(run());
  loop.run();
  return answer;
}

// Every distinct item of both, against the same tables in SQLite.
TEST_F(PostgresqlDatabase, AnswersAreThoseOfSqliteInBothColours) {
  const temporary_directory directory;
  create_sqlite_database(directory.path() / "db", 3, documents);
  postgresql_admin admin = server().admin();
  create_postgresql_tables(admin, "same", 3, documents);
  auto endpoint = server().endpoint();
  auto options = parse_connection_url(endpoint.url);
  options["options"] = "-c search_path=same";
  endpoint.url = connection_url(options);

  running_server servers;
  const std::string mock = "http://127.0.0.1:" + std::to_string(servers.server.port());
  endpoint_map with_sqlite{
      {"llm", mock}, {"documents", mock}, {"database", (directory.path() / "db").string()}};
  endpoint_map with_postgresql = with_sqlite;
  with_postgresql["database"] = to_text(endpoint);

  for (const auto& [name, items] : {std::pair{"db-query", 256U}, std::pair{"rag", 32U}}) {
    opened_workload sqlite(name, quick_options(), with_sqlite);
    opened_workload postgresql(name, quick_options(), with_postgresql);
    const run_environment environment{postgresql.dataset(), with_postgresql, {}};
    event_loop loop;
    inline_compute engine;
    helper_threads helpers(1);
    async_runtime runtime(loop, environment, engine, helpers);
    for (std::uint64_t i = 0; i < items; ++i) {
      const buffer expected = sqlite.answer(i);
      ASSERT_FALSE(expected.empty());
      ASSERT_EQ(as_text(postgresql.answer(i)), as_text(expected)) << name << ' ' << i;
      ASSERT_EQ(as_text(async_answer(postgresql, runtime, loop, i)), as_text(expected));
    }
  }
  admin.execute("DROP SCHEMA same CASCADE");
}

TEST_F(PostgresqlDatabase, IsASchemaThatGoesWithTheRun) {
  const std::string ours = "FROM pg_namespace WHERE nspname LIKE 'regatta\\_%'";
  // What a regatta that was killed has left.
  server().admin().execute("CREATE SCHEMA regatta_1_abc; CREATE TABLE regatta_1_abc.t(i int)");
  {
    const auto service = started(server().server.url());
    EXPECT_EQ(count(ours), "1") << "the abandoned one is gone";
    EXPECT_EQ(service->failure(), std::nullopt);
    EXPECT_THAT(service->description(),
                MatchesRegex("PostgreSQL 1[0-9]\\.[0-9]+, /.*:[0-9]+/postgres"));
    const auto other = started(server().server.url());
    EXPECT_EQ(count(ours), "2") << "a living one's is left alone";

    const auto endpoint = parse_postgresql_endpoint(service->endpoint());
    EXPECT_EQ(endpoint.per_loop, 16U);
    EXPECT_LT(endpoint.per_process, 60U);
    EXPECT_GT(endpoint.per_process, 40U);
    postgresql_admin cell(parse_connection_url(endpoint.url));
    EXPECT_EQ(cell.execute("SELECT count(*) FROM documents")[0][0], "20000");
    EXPECT_EQ(cell.execute("SELECT count(*) FROM keywords")[0][0], "80000");
    EXPECT_EQ(cell.execute("SELECT count(*) FROM authors")[0][0], "200");
  }
  EXPECT_EQ(count(ours), "0");
}

TEST_F(PostgresqlDatabase, SaysWhatIsWrongWithItWhileItRuns) {
  const auto service = started(server().server.url());
  const std::string pid = count(
      "; SELECT pid FROM pg_stat_activity WHERE application_name LIKE "
      "'regatta\\_%'");
  server().admin().execute("SELECT pg_terminate_backend(" + pid + ", 10000)");
  EXPECT_EQ(service->failure(), std::nullopt) << "it connects again";
  const std::string schema = count(
      "; SELECT nspname FROM pg_namespace WHERE nspname LIKE "
      "'regatta\\_%'");
  server().admin().execute("DROP SCHEMA " + schema + " CASCADE");
  EXPECT_THAT(service->failure().value_or(""), HasSubstr("does not exist"));
}

TEST_F(PostgresqlDatabase, WhatIsWrongIsSaidBeforeItRuns) {
  server().admin().execute(
      "CREATE ROLE guarded LOGIN PASSWORD 's3cret'; CREATE ROLE maker LOGIN PASSWORD 's3cret'; "
      "GRANT CREATE ON DATABASE postgres TO maker");
  EXPECT_EQ(complaint([&] { check_postgresql(url("maker", "s3cret")); }), "no complaint");
  const auto may_not = complaint([&] { check_postgresql(url("guarded", "s3cret")); });
  EXPECT_THAT(may_not, HasSubstr("GRANT CREATE ON DATABASE \"postgres\" TO \"guarded\""));
  EXPECT_EQ(complaint([&] { started(url("guarded", "s3cret")); }), may_not);

  EXPECT_THAT(complaint([&] { check_postgresql(url("maker", "s3cret2")); }),
              AllOf(HasSubstr("password authentication failed for user \"maker\""),
                    HasSubstr("PGPASSWORD"), Not(HasSubstr("s3cret")), Not(HasSubstr("\n"))));
  connection_options without = parse_connection_url(url("maker", ""));
  without.erase("password");
  without["passfile"] = "/nonexistent";
  EXPECT_THAT(complaint([&] { check_postgresql(connection_url(without)); }),
              AllOf(HasSubstr("no password supplied"), HasSubstr("~/.pgpass")));

  connection_options elsewhere = parse_connection_url(url("maker", "s3cret"));
  elsewhere["port"] = std::to_string(free_port());
  EXPECT_THAT(complaint([&] { check_postgresql(connection_url(elsewhere)); }),
              AllOf(HasSubstr("Connection refused"), HasSubstr("check that it runs"),
                    Not(HasSubstr("s3cret"))));
  elsewhere = parse_connection_url(url("maker", "s3cret"));
  elsewhere["dbname"] = "nowhere";
  EXPECT_THAT(complaint([&] { check_postgresql(connection_url(elsewhere)); }),
              HasSubstr("database \"nowhere\" does not exist"));
  server().admin().execute("DROP OWNED BY guarded, maker; DROP ROLE guarded, maker");
}

TEST_F(PostgresqlDatabase, ConnectionsAreLimitedByTheSettingTheUserAndTheServer) {
  server().admin().execute(
      "CREATE ROLE few LOGIN PASSWORD 's3cret' CONNECTION LIMIT 9; "
      "GRANT CREATE ON DATABASE postgres TO few");
  {
    const auto service = started(url("few", "s3cret"), {{"database.connections", "5"}});
    const auto endpoint = parse_postgresql_endpoint(service->endpoint());
    EXPECT_EQ(endpoint.per_loop, 5U);
    EXPECT_EQ(endpoint.per_process, 8U);
    EXPECT_THAT(service->description(), Not(HasSubstr("few")));
    EXPECT_THAT(service->description(), Not(HasSubstr("s3cret")));
    workload_plan plan;
    plan.in_flight = 8;
    plan.backends = {{"serial", {}, "serial"}, {"thread", {}, "thread"}};
    EXPECT_EQ(parse_postgresql_endpoint(service->endpoint_for(plan)).per_process, 2U);
  }
  server().admin().execute("DROP OWNED BY few; DROP ROLE few");
}

TEST(DatabaseSettings, OfPostgresqlAreRefusedWithSqlite) {
  service_options options;
  options.settings = {{"database.connections", "5"}};
  EXPECT_THROW(services().at("database")(options), std::invalid_argument);
}

TEST_F(PostgresqlDatabase, SettingsItDoesNotKnowAreRefused) {
  const std::string database = server().server.url();
  const std::vector<std::map<std::string, std::string>> wrong = {{{"database.conections", "5"}},
                                                                 {{"database.connections", "0"}},
                                                                 {{"database.connections", "x"}}};
  for (const auto& settings : wrong) {
    EXPECT_THAT(complaint([&] { started(database, settings); }), HasSubstr("setting"));
  }
}

}  // namespace
}  // namespace regatta::test
