// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "harness/digest.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "workloads/cpu/nearest_rows.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta::test {
namespace {

double exact_dot(const embedding& left, const embedding& right) {
  double sum = 0;
  for (std::size_t i = 0; i < left.size(); ++i) sum += double{left[i]} * double{right[i]};
  return sum;
}

std::vector<std::pair<double, std::uint32_t>> exact_ranking(std::span<const embedding> rows,
                                                            const embedding& query) {
  std::vector<std::pair<double, std::uint32_t>> ranking;
  for (std::uint32_t i = 0; i < rows.size(); ++i)
    ranking.emplace_back(-exact_dot(rows[i], query), i);
  std::sort(ranking.begin(), ranking.end());
  return ranking;
}

TEST(NearestRows, PutsTheLowerNumberFirstAmongEquals) {
  std::vector<embedding> rows(30);
  for (auto& row : rows) row[0] = 0.5F;
  rows[20][0] = 1.0F;
  embedding query{};
  query[0] = 1.0F;
  const std::array<std::uint32_t, 10> expected = {20, 0, 1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(nearest_rows(rows, query), expected);
}

TEST(NearestRows, FindsOppositesWhenThereIsNothingNearer) {
  std::vector<embedding> rows(10);
  for (auto& row : rows) row[0] = -1.0F;
  embedding query{};
  query[0] = 1.0F;
  EXPECT_EQ(nearest_rows(rows, query)[9], 9u);
}

class EmbedTopk : public testing::Test {
 protected:
  // 16 MiB: built once.
  static void SetUpTestSuite() { workload_ = new opened_workload("embed-topk", quick_options()); }
  static void TearDownTestSuite() { delete std::exchange(workload_, nullptr); }
  static std::span<const embedding> rows() {
    return view_as<embedding>(dataset_parts(workload_->dataset())[0]);
  }
  static inline opened_workload* workload_ = nullptr;
};

TEST_F(EmbedTopk, RowsHaveLengthOne) {
  for (std::size_t i = 0; i < rows().size(); i += 997) {
    EXPECT_NEAR(exact_dot(rows()[i], rows()[i]), 1.0, 1e-5);
  }
}

TEST_F(EmbedTopk, AgreesWithSortingAllCosines) {
  for (std::uint64_t item = 0; item < 8; ++item) {
    const embedding query = view_as<embedding>(workload_->input(item)).front();
    const auto ranking = exact_ranking(rows(), query);
    const buffer answer = workload_->answer(item);
    const auto found = view_as<std::uint32_t>(answer);
    ASSERT_EQ(found.size(), nearest_count);
    for (std::size_t i = 0; i < found.size(); ++i) {
      // Cosines that differ by less than float can tell may change places.
      EXPECT_NEAR(exact_dot(rows()[found[i]], query), -ranking[i].first, 1e-6);
    }
    EXPECT_GT(-ranking[0].first, 0.5) << "nothing is near: the topics are gone";
  }
}

TEST_F(EmbedTopk, GivesTheSameRowsWhateverTheCompiler) {
  digest all = 0;
  for (std::uint64_t i = 0; i < 64; ++i) all = mix64(all ^ digest_of(workload_->answer(i)));
  EXPECT_EQ(all, 9830862967203517963U);
}

TEST_F(EmbedTopk, IsAFunctionOfTheSeed) {
  const auto build = workloads().at("embed-topk").build;
  EXPECT_EQ(build(quick_options(1)), workload_->dataset());
  EXPECT_NE(build(quick_options(2)), workload_->dataset());
}

TEST_F(EmbedTopk, ItsMatrixIsAligned) {
  const auto offset =
      reinterpret_cast<const std::byte*>(rows().data()) - workload_->dataset().data();
  EXPECT_EQ(offset % 64, 0);
}

}  // namespace
}  // namespace regatta::test
