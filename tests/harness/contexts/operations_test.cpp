// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <system_error>

#include "tests/harness/contexts/colours.hpp"
#include "tests/workloads/temporary_directory.hpp"
#include "workloads/servers/sqlite_database.hpp"

namespace regatta::test {
namespace {

using namespace std::chrono_literals;

const buffer dataset = to_buffer("the dataset");

// The operations of a context that need no server.
template <class Colour>
class Operations : public ::testing::Test {
 protected:
  static run_environment where(const temporary_directory& directory) {
    create_sqlite_database(directory.path() / "db", 1, 10);
    return {dataset, {{"database", (directory.path() / "db").string()}}, {}};
  }
  temporary_directory directory;
  Colour colour{where(directory)};
};
TYPED_TEST_SUITE(Operations, both_colours, colour_names);

buffer dataset_and_input(bytes_view data, bytes_view input) {
  buffer both = to_buffer(data);
  both.insert(both.end(), input.begin(), input.end());
  return both;
}
buffer refuses(bytes_view, bytes_view) { throw std::runtime_error("not this one"); }

TYPED_TEST(Operations, ComputeGivesTheKernelTheDatasetAndItsInput) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  buffer got;
  this->colour.run([&](context& ctx) -> task {
    const std::string input = " and the input";
    got = co_await ctx.compute(dataset_and_input, as_bytes(input));
  });
  EXPECT_EQ(as_text(got), "the dataset and the input");
}

TYPED_TEST(Operations, ComputeThrowsWhatTheKernelThrew) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  const auto body = [](context& ctx) -> task { (void)co_await ctx.compute(refuses, {}); };
  EXPECT_THROW(this->colour.run(body), std::runtime_error);
}

TYPED_TEST(Operations, ReadFileReadsTheWholeOfIt) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  const std::string text(100'000, 'x');
  const auto path = this->directory.write("file", text);
  buffer got;
  this->colour.run([&](context& ctx) -> task { got = co_await ctx.read_file(path); });
  EXPECT_EQ(as_text(got), text);
}

TYPED_TEST(Operations, ReadFileSaysWhichFileIsMissing) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  const auto path = this->directory.path() / "missing";
  try {
    this->colour.run([&](context& ctx) -> task { (void)co_await ctx.read_file(path); });
    ADD_FAILURE() << "read it";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
  }
}

TYPED_TEST(Operations, QueryBindsItsParameters) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  sql_rows rows;
  this->colour.run([&](context& ctx) -> task {
    sql_query question{"SELECT ?1 + 1, ?2", {}};
    question.parameters.emplace_back(std::int64_t{41});
    question.parameters.emplace_back(std::string("yes"));
    rows = co_await ctx.query(question);
  });
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0], (sql_row{std::int64_t{42}, std::string("yes")}));
}

TYPED_TEST(Operations, QueryAfterTheDeadlineDoesNotBegin) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  this->colour.run([&](context& ctx) -> task {
    const auto step = [](context& scoped) -> typename context::template task<int> {
      const sql_query nonsense{"this is no SQL",
                               {}};  // named: g++ 12 destroys such a temporary twice
      (void)co_await scoped.query(nonsense);
      co_return 1;
    };
    const auto got = co_await ctx.with_timeout(-1ns, step);
    EXPECT_EQ(got, std::nullopt);
  });
}

TYPED_TEST(Operations, AServiceThatTheRunDoesNotHaveIsNamed) {
  using context = typename TypeParam::context;
  using task = typename context::template task<void>;
  const auto body = [](context& ctx) -> task {
    http_request request;
    (void)co_await ctx.http("llm", request);
  };
  try {
    this->colour.run(body);
    ADD_FAILURE() << "found it";
  } catch (const std::out_of_range& error) {
    EXPECT_NE(std::string(error.what()).find("'llm'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace regatta::test
