// SPDX-License-Identifier: Apache-2.0
#include "reports/run_differences.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace regatta::test {
namespace {

// A run of one workload that needs these services.
run_result run_with(const std::string& database, std::vector<std::string> needs) {
  run_result run;
  run.where.database = database;
  run.workloads.emplace_back().info.needs = std::move(needs);
  return run;
}

std::vector<run_difference> differences(const run_result& first, const run_result& second) {
  const std::array runs{named_run{"first", &first}, named_run{"second", &second}};
  const std::array measured{&first.workloads[0], &second.workloads[0]};
  return differences_of_workload(runs, measured);
}

TEST(DifferencesOfWorkload, TheDatabaseCountsForTheWorkloadsThatQueryIt) {
  const std::string sqlite = "SQLite 3.40.1, embedded";
  const std::string postgresql = "PostgreSQL 15.18, private to the run";
  EXPECT_TRUE(differences(run_with(sqlite, {}), run_with(postgresql, {})).empty());
  EXPECT_TRUE(differences(run_with(sqlite, {"database"}), run_with(sqlite, {"database"})).empty());
  const auto found =
      differences(run_with(sqlite, {"database"}), run_with(postgresql, {"database"}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].what, "database");
  EXPECT_EQ(found[0].values, (std::vector{sqlite, postgresql}));
  EXPECT_TRUE(found[0].loud) << "it is other work";
}

}  // namespace
}  // namespace regatta::test
