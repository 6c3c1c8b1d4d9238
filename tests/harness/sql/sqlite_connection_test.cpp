// SPDX-License-Identifier: Apache-2.0
#include "harness/sql/sqlite_connection.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <stdexcept>
#include <string>
#include <thread>

#include "tests/workloads/temporary_directory.hpp"

namespace regatta::test {
namespace {

class SqliteConnection : public ::testing::Test {
 protected:
  SqliteConnection() : path_((directory_.path() / "db").string()) {
    sqlite3* raw = nullptr;
    sqlite3_open(path_.c_str(), &raw);
    sqlite3_exec(raw,
                 "CREATE TABLE boat (id INTEGER PRIMARY KEY, name TEXT, speed REAL);"
                 "INSERT INTO boat VALUES (1, 'Argo', 6.5), (2, NULL, NULL), (3, '', 0);",
                 nullptr, nullptr, nullptr);
    sqlite3_close(raw);
  }
  temporary_directory directory_;
  std::string path_;
};

TEST_F(SqliteConnection, RowsKeepTheirTypes) {
  sqlite_connection connection(path_);
  const sql_rows rows = connection.run({"SELECT id, name, speed FROM boat ORDER BY id", {}});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0], (sql_row{std::int64_t{1}, std::string("Argo"), 6.5}));
  EXPECT_EQ(rows[1], (sql_row{std::int64_t{2}, nullptr, nullptr}));
  EXPECT_EQ(rows[2], (sql_row{std::int64_t{3}, std::string(), 0.0}));
}

TEST_F(SqliteConnection, ParametersOfEveryTypeComeBackAsTheyWere) {
  sqlite_connection connection(path_);
  sql_query query{"SELECT ?, ?, ?, ?", {}};
  query.parameters.emplace_back(nullptr);
  query.parameters.emplace_back(std::int64_t{-5'000'000'000});
  query.parameters.emplace_back(2.5);
  query.parameters.emplace_back(std::string("with\0zero", 9));
  const sql_rows rows = connection.run(query);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0], query.parameters);
}

TEST_F(SqliteConnection, APreparedStatementRunsAgainWithNewParameters) {
  sqlite_connection connection(path_);
  for (const std::int64_t id : {1, 2, 3, 1}) {
    const sql_rows rows = connection.run({"SELECT id FROM boat WHERE id = ?", {id}});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0][0], sql_value(id));
  }
}

TEST_F(SqliteConnection, AParameterLeftOutIsNeverThatOfTheRunBefore) {
  sqlite_connection connection(path_);
  connection.run(
      {"SELECT ?", {std::string("a text long enough to lie on the heap, and freed by now")}});
  try {
    const sql_rows rows = connection.run({"SELECT ?", {}});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0][0], sql_value(nullptr));
  } catch (const std::runtime_error&) {  // to refuse it is as good
  }
}

TEST_F(SqliteConnection, TooManyParametersAreRefused) {
  sqlite_connection connection(path_);
  EXPECT_THROW(connection.run({"SELECT ?", {std::int64_t{1}, std::int64_t{2}}}),
               std::runtime_error);
}

std::string what_of(auto action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no exception";
}

TEST_F(SqliteConnection, ErrorsQuoteTheStatementAndSqlitesOwnWords) {
  sqlite_connection connection(path_);
  EXPECT_EQ(what_of([&] {
              connection.run({"SELECT * FROM ship", {}});
            }),
            "SQLite: preparing 'SELECT * FROM ship': no such table: ship");
  EXPECT_EQ(connection.run({"SELECT 1", {}}).size(), 1U) << "and the connection goes on";
}

TEST_F(SqliteConnection, CannotWrite) {
  sqlite_connection connection(path_);
  const std::string said = what_of([&] { connection.run({"DELETE FROM boat", {}}); });
  EXPECT_NE(said.find("readonly"), std::string::npos) << said;
  EXPECT_EQ(connection.run({"SELECT * FROM boat", {}}).size(), 3U);
}

TEST_F(SqliteConnection, AMissingFileIsNamedAndNotCreated) {
  const std::string missing = (directory_.path() / "missing").string();
  const std::string said = what_of([&] { sqlite_connection connection(missing); });
  EXPECT_NE(said.find("opening " + missing), std::string::npos) << said;
  EXPECT_FALSE(std::filesystem::exists(missing));
}

TEST_F(SqliteConnection, EachThreadHasOneOfItsOwn) {
  sqlite_connection* const mine = &thread_sqlite_connection(path_);
  EXPECT_EQ(mine, &thread_sqlite_connection(path_));
  sqlite_connection* other = nullptr;
  std::jthread([&] { other = &thread_sqlite_connection(path_); }).join();
  EXPECT_NE(mine, other);
}

}  // namespace
}  // namespace regatta::test
