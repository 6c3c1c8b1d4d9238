// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include "harness/sql/postgresql_error.hpp"
#include "tests/harness/contexts/colours.hpp"
#include "tests/harness/sql/postgresql_server.hpp"

// ctx.query against a real server, in both colours.

namespace regatta::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::StartsWith;

constexpr const char* sleeping = "wait_event = 'PgSleep'";

template <class Colour>
class PostgresqlQueries : public WithPostgresql {
 protected:
  using context = typename Colour::context;
  template <class T>
  using task = typename context::template task<T>;

  static postgresql_server& server() { return postgresql_server::shared(); }

  static std::unique_ptr<Colour> colour(const postgresql_endpoint& endpoint) {
    return std::make_unique<Colour>(with_database(to_text(endpoint)));
  }

  /// What the query answers, or in one row what it threw.
  static sql_rows ask(Colour& with, const sql_query& query) {
    sql_rows rows;
    with.run([&](context& ctx) -> task<void> { rows = co_await answer_or_error(ctx, query); });
    return rows;
  }

  static task<sql_rows> answer_or_error(context& ctx, sql_query query) {
    std::string error;
    try {
      co_return co_await ctx.query(std::move(query));
    } catch (const postgresql_error& thrown) {
      error = thrown.what();
    }
    sql_rows told(1);
    told[0].emplace_back(error);
    co_return told;
  }

  static std::int64_t integer(const sql_rows& rows) {
    return std::get<std::int64_t>(rows.at(0).at(0));
  }
  static std::string words(const sql_rows& rows) { return std::get<std::string>(rows.at(0).at(0)); }
};
TYPED_TEST_SUITE(PostgresqlQueries, both_colours, colour_names);

const sql_query own_pid{"SELECT pg_backend_pid()", {}};

/// A process that is no child of ours has ended, or is a zombie.
void wait_until_gone(std::int64_t pid) {
  const std::string command_line = "/proc/" + std::to_string(pid) + "/cmdline";
  while (std::ifstream(command_line).peek() != std::ifstream::traits_type::eof()) {
    std::this_thread::sleep_for(1ms);
  }
}

TYPED_TEST(PostgresqlQueries, AnswersAreTypedAndPreparedOnce) {
  const auto colour = this->colour(this->server().endpoint());
  sql_query query{
      "SELECT ?1 + 1, ?2, ?3, ?4, sum(each), avg(each), '?' FROM generate_series(1, ?1) each", {}};
  for (const std::int64_t last : {3, 4, 3}) {
    query.parameters = {last, std::string("it's \xc3\xa4\n"), 0.1, nullptr};
    query.parameters[3] = std::string();
    const sql_rows rows = this->ask(*colour, query);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0], (sql_row{last + 1, std::string("it's \xc3\xa4\n"), 0.1, std::string(),
                                last * (last + 1) / 2, static_cast<double>(last + 1) / 2,
                                std::string("?")}));
  }
  EXPECT_EQ(this->ask(*colour, {"SELECT NULL WHERE 1 = 0", {}}), sql_rows());
  EXPECT_EQ(this->ask(*colour, {"SELECT ?::int IS NULL", {nullptr}}),
            (sql_rows{{std::int64_t{1}}}));
  EXPECT_EQ(this->integer(this->ask(*colour, {"SELECT count(*) FROM pg_prepared_statements", {}})),
            4);
}

TYPED_TEST(PostgresqlQueries, ARefusedStatementIsQuotedAndTheConnectionKept) {
  const auto colour = this->colour(this->server().endpoint());
  const auto before = this->integer(this->ask(*colour, own_pid));
  EXPECT_EQ(this->words(this->ask(*colour, {"SELECT * FROM ship", {}})),
            "PostgreSQL: preparing 'SELECT * FROM ship': relation \"ship\" does not exist");
  EXPECT_EQ(this->words(this->ask(*colour, {"SELECT 1 / ?", {std::int64_t{0}}})),
            "PostgreSQL: division by zero");
  EXPECT_EQ(this->integer(this->ask(*colour, {"SELECT 1 / ?", {std::int64_t{1}}})), 1);
  EXPECT_EQ(this->integer(this->ask(*colour, own_pid)), before);
}

TYPED_TEST(PostgresqlQueries, AConnectionThatWasTerminatedIdleIsReplacedUnseen) {
  const auto colour = this->colour(this->server().endpoint());
  const auto before = this->integer(this->ask(*colour, own_pid));
  const std::string pid = std::to_string(before);
  this->server().admin().execute("SELECT pg_terminate_backend(" + pid + ")");
  ASSERT_EQ(this->server().ask_until(postgresql_server::count_of("pid = " + pid), 0), 0);
  EXPECT_NE(this->integer(this->ask(*colour, own_pid)), before);
}

// Of two queries at a time one sleeps for a minute, and the other ends it.
TYPED_TEST(PostgresqlQueries, ATerminatedQueryFailsWithTheServersWordsAndNoOther) {
  using context = typename TypeParam::context;
  using fixture = PostgresqlQueries<TypeParam>;
  const auto colour = this->colour(this->server().endpoint());
  std::vector<sql_rows> answers;
  const sql_query sleep{"SELECT pg_sleep(60)", {}};
  const sql_query terminate{postgresql_server::count_of(sleeping, "pg_terminate_backend(pid)"), {}};
  colour->run([&](context& ctx) -> typename fixture::template task<void> {
    const auto branch = [&](std::size_t i) -> typename fixture::template task<sql_rows> {
      if (i == 0) co_return co_await fixture::answer_or_error(ctx, sleep);
      sql_rows terminated;
      do {
        terminated = co_await fixture::answer_or_error(ctx, terminate);
      } while (terminated == sql_rows{{std::int64_t{0}}});
      co_return terminated;
    };
    answers = co_await ctx.gather(2, branch);
  });
  EXPECT_EQ(this->words(answers.at(0)),
            "PostgreSQL: terminating connection due to administrator command");
  EXPECT_EQ(this->integer(answers.at(1)), 1);
  EXPECT_EQ(this->integer(this->ask(*colour, {"SELECT 7", {}})), 7);
}

TYPED_TEST(PostgresqlQueries, ADeadlineEndsTheQueryHereAndOnTheServer) {
  using context = typename TypeParam::context;
  using fixture = PostgresqlQueries<TypeParam>;
  auto endpoint = this->server().endpoint();
  endpoint.per_loop = endpoint.per_process = 1;
  const auto colour = this->colour(endpoint);
  this->ask(*colour, own_pid);
  std::optional<sql_rows> got = sql_rows();
  colour->run([&](context& ctx) -> typename fixture::template task<void> {
    const auto step = [](context& scoped) -> typename fixture::template task<sql_rows> {
      const sql_query sleep{"SELECT pg_sleep(60)", {}};
      co_return co_await scoped.query(sleep);
    };
    got = co_await ctx.with_timeout(30ms, step);
  });
  EXPECT_EQ(got, std::nullopt);
  EXPECT_EQ(this->integer(this->ask(*colour, {"SELECT 7", {}})), 7) << "an answer of another query";
  EXPECT_EQ(this->server().ask_until(postgresql_server::count_of(sleeping), 0), 0);
}

TYPED_TEST(PostgresqlQueries, NeverMoreConnectionsThanTheLimit) {
  using context = typename TypeParam::context;
  using fixture = PostgresqlQueries<TypeParam>;
  auto endpoint = this->server().endpoint();
  endpoint.per_process = 3;
  ASSERT_EQ(this->server().ask_until(postgresql_server::count_of("true"), 0), 0);
  const auto colour = this->colour(endpoint);
  std::vector<sql_rows> answers;
  // Each keeps its connection for a moment and asks again until all three are there.
  const sql_query count{postgresql_server::count_of("true") + " AND pg_sleep(0.02) IS NOT NULL",
                        {}};
  const auto limit = steady_clock::now() + 30s;
  std::atomic<bool> used{false};
  colour->run([&](context& ctx) -> typename fixture::template task<void> {
    const auto branch = [&](std::size_t) -> typename fixture::template task<sql_rows> {
      sql_rows answer;
      do {
        answer = co_await fixture::answer_or_error(ctx, count);
        used = used || fixture::integer(answer) >= 3;
      } while (!used && steady_clock::now() < limit);
      co_return answer;
    };
    answers = co_await ctx.gather(12, branch);
  });
  std::vector<std::int64_t> counts;
  for (const sql_rows& each : answers) counts.push_back(this->integer(each));
  EXPECT_THAT(counts, Each(AllOf(Ge(1), Le(3))));
  EXPECT_EQ(*std::max_element(counts.begin(), counts.end()), 3) << "they were not used";
}

TYPED_TEST(PostgresqlQueries, ADeadlineEndsTheWaitForAConnection) {
  using context = typename TypeParam::context;
  using fixture = PostgresqlQueries<TypeParam>;
  auto endpoint = this->server().endpoint();
  endpoint.per_process = 1;
  const auto colour = this->colour(endpoint);
  std::vector<sql_rows> answers;
  colour->run([&](context& ctx) -> typename fixture::template task<void> {
    const auto impatient = [](context& scoped) -> typename fixture::template task<sql_rows> {
      const sql_query sleep{"SELECT pg_sleep(60)", {}};
      co_return co_await scoped.query(sleep);
    };
    // One has the only connection for all its time, the other waits for it as long.
    const auto branch = [&](std::size_t) -> typename fixture::template task<sql_rows> {
      const auto got = co_await ctx.with_timeout(50ms, impatient);
      co_return got.value_or(sql_rows());
    };
    answers = co_await ctx.gather(2, branch);
  });
  EXPECT_THAT(answers, Each(sql_rows()));
  EXPECT_EQ(this->integer(this->ask(*colour, {"SELECT 7", {}})), 7);
  EXPECT_EQ(this->server().ask_until(postgresql_server::count_of(sleeping), 0), 0);
}

TYPED_TEST(PostgresqlQueries, AServerThatIsAwayIsWaitedForAndThenTold) {
  auto endpoint = this->server().endpoint();
  endpoint.patience = 1h;
  const auto patient = this->colour(endpoint);
  endpoint.patience = 0ms;
  const auto impatient = this->colour(endpoint);
  const auto serving_patient = this->integer(this->ask(*patient, own_pid));
  const auto serving_impatient = this->integer(this->ask(*impatient, own_pid));
  this->server().server.kill();
  // What serves a connection outlives its server for a moment and could still take a query.
  wait_until_gone(serving_patient);
  wait_until_gone(serving_impatient);
  // What the dying server said last, or that there is none.
  EXPECT_THAT(this->words(this->ask(*impatient, own_pid)), StartsWith("PostgreSQL: "));
  auto later = std::async(std::launch::async, [&] {
    return this->ask(*patient, {"SELECT 7", {}});
  });
  this->server().server.start();
  EXPECT_EQ(this->integer(later.get()), 7);
  EXPECT_EQ(this->integer(this->ask(*impatient, {"SELECT 8", {}})), 8) << "it is back";
}

}  // namespace
}  // namespace regatta::test
