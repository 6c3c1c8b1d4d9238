// SPDX-License-Identifier: Apache-2.0
#include "workloads/servers/sqlite_database.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

#include "harness/platform/read_file.hpp"
#include "harness/service.hpp"
#include "harness/sql/sqlite_connection.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "tests/workloads/temporary_directory.hpp"
#include "workloads/io/sql_text.hpp"

namespace regatta::test {
namespace {

buffer database_bytes(std::uint64_t seed) {
  const temporary_directory directory;
  create_sqlite_database(directory.path() / "db", seed, 300);
  return read_whole_file(directory.path() / "db");
}

std::string ask(const std::filesystem::path& file, const std::string& statement) {
  sqlite_connection connection(file.string());
  return sql_text(connection.run({statement, {}}));
}

TEST(SqlText, WritesEveryKindOfValue) {
  EXPECT_EQ(sql_text({{std::int64_t{-3}, 0.1, std::string("a b")}, {nullptr}}),
            "-3\t0.1\ta b\nNULL\n");
  EXPECT_EQ(sql_text({}), "");
}

TEST(SqliteDatabase, IsAFunctionOfTheSeed) {
  EXPECT_EQ(database_bytes(1), database_bytes(1));
  EXPECT_NE(database_bytes(1), database_bytes(2));
}

TEST(SqliteDatabase, HoldsWhatItPromises) {
  const temporary_directory directory;
  const auto file = directory.path() / "db";
  create_sqlite_database(file, 1, 300);
  EXPECT_EQ(ask(file, "SELECT count(*), min(year) >= 1950, max(year) <= 2024 FROM documents"),
            "300\t1\t1\n");
  EXPECT_EQ(ask(file, "SELECT count(*), min(weight) >= 1, max(weight) <= 1000 FROM keywords"),
            "1200\t1\t1\n");
  EXPECT_EQ(ask(file, "SELECT count(*) FROM documents JOIN authors ON authors.id = author_id"),
            "300\n");
  EXPECT_EQ(ask(file, "PRAGMA integrity_check"), "ok\n");
}

TEST(SqliteDatabase, IsNotMadeTwice) {
  const temporary_directory directory;
  const auto file = directory.write("db", "something else");
  EXPECT_THROW(create_sqlite_database(file, 1, 10), std::runtime_error);
  EXPECT_THROW(create_sqlite_database(directory.path() / "no" / "db", 1, 10), std::runtime_error);
}

TEST(DatabaseService, NoticesThatItsFileIsGone) {
  const temporary_directory directory;
  service_options options;
  options.scale = dataset_scale::quick;
  options.directory = directory.path();
  const auto service = services().at("database")(options);
  EXPECT_EQ(service->failure(), std::nullopt);
  EXPECT_EQ(ask(service->endpoint(), "SELECT count(*) FROM documents"), "20000\n");
  std::filesystem::remove(service->endpoint());
  ASSERT_TRUE(service->failure().has_value());
  EXPECT_NE(service->failure()->find(service->endpoint()), std::string::npos);
}

// The same answer from plain SELECTs and a loop.
std::string leading_authors(const std::filesystem::path& file, const std::string& keyword,
                            std::int64_t first_year) {
  sqlite_connection connection(file.string());
  struct author_sum {
    std::int64_t count = 0, weight = 0, years = 0;
    std::string last_title;
  };
  std::map<std::int64_t, author_sum> authors;
  for (const sql_row& use : connection.run(
           {"SELECT document_id, weight FROM keywords WHERE keyword = ? ORDER BY weight DESC, "
            "document_id LIMIT 100",
            {keyword}})) {
    const sql_row document =
        connection.run({"SELECT title, author_id, year FROM documents WHERE id = ?", {use[0]}})[0];
    const auto year = std::get<std::int64_t>(document[2]);
    if (year < first_year) continue;
    author_sum& sum = authors[std::get<std::int64_t>(document[1])];
    ++sum.count;
    sum.weight += std::get<std::int64_t>(use[1]);
    sum.years += year;
    sum.last_title = std::max(sum.last_title, std::get<std::string>(document[0]));
  }
  sql_rows rows;
  while (rows.size() < 10 && !authors.empty()) {
    auto best = authors.begin();
    for (auto it = authors.begin(); it != authors.end(); ++it) {
      if (it->second.weight > best->second.weight) best = it;
    }
    const author_sum& sum = best->second;
    const sql_row name =
        connection.run({"SELECT name FROM authors WHERE id = ?", {best->first}})[0];
    rows.push_back({name[0], sum.count, sum.weight,
                    static_cast<double>(sum.years) / static_cast<double>(sum.count),
                    sum.last_title});
    authors.erase(best);
  }
  return sql_text(rows);
}

TEST(DbQuery, AgreesWithALoopOverPlainSelects) {
  const temporary_directory directory;
  const auto file = directory.path() / "db";
  create_sqlite_database(file, 3, 5000);
  opened_workload workload("db-query", quick_options(), {{"database", file.string()}});
  for (std::uint64_t i = 0; i < 16; ++i) {
    const std::string input(as_text(workload.input(i)));
    const std::size_t space = input.find(' ');
    const buffer answer = workload.answer(i);
    EXPECT_FALSE(answer.empty());
    EXPECT_EQ(as_text(answer),
              leading_authors(file, input.substr(0, space), std::stoll(input.substr(space + 1))));
  }
}

}  // namespace
}  // namespace regatta::test
