// SPDX-License-Identifier: Apache-2.0
#include "tools/database_choice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/complaint.hpp"

namespace regatta::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

run_plan of(const std::string& workload) {
  run_plan plan;
  plan.workloads.emplace_back().workload = workload;
  return plan;
}

std::string chosen(const std::string& text) {
  run_plan plan = of("db-query");
  choose_database(plan, "--database", text);
  return plan.database;
}

TEST(ChooseDatabase, IsSqliteAPrivateServerOrAUrl) {
  EXPECT_EQ(chosen("sqlite"), "");
  EXPECT_EQ(chosen("postgresql"), "postgresql");
  EXPECT_EQ(chosen("postgres://me@host/db"), "postgres://me@host/db");
  run_plan plan = of("tokenize");
  choose_database(plan, "--database", std::nullopt);
  EXPECT_EQ(plan.database, "");
}

TEST(ChooseDatabase, AnythingElseIsRefusedWithoutBeingQuoted) {
  for (const char* const text : {"", "mysql", "mysql://me:s3cret@host/db", "Postgresql"}) {
    const auto said = complaint([&] { chosen(text); });
    EXPECT_THAT(said, HasSubstr("--database takes sqlite, postgresql")) << text;
    EXPECT_THAT(said, Not(HasSubstr("s3cret")));
  }
  const auto said = complaint([] { chosen("postgresql://me:s3cret@host:port:1/db"); });
  EXPECT_THAT(said, HasSubstr("--database: this is no connection URL"));
  EXPECT_THAT(said, Not(HasSubstr("s3cret")));
}

TEST(ChooseDatabase, NeedsAWorkloadThatQueriesOne) {
  run_plan plan = of("tokenize");
  EXPECT_THAT(complaint([&] { choose_database(plan, "--database", "postgresql"); }),
              HasSubstr("none of these workloads queries a database"));
  plan.workloads.emplace_back().workload = "rag";
  choose_database(plan, "--database", "postgresql");
  EXPECT_EQ(plan.database, "postgresql");
}

}  // namespace
}  // namespace regatta::test
