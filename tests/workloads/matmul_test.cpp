// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "harness/digest.hpp"
#include "tests/workloads/opened_workload.hpp"
#include "workloads/counter_random.hpp"
#include "workloads/cpu/matrix_product.hpp"
#include "workloads/dataset_parts.hpp"

namespace regatta::test {
namespace {

workload_options of_size(double size) {
  workload_options options = quick_options();
  options.parameters["size"] = size;
  return options;
}

// In integers, one element after the other.
std::vector<float> exact_product(std::span<const float> left, std::span<const float> right,
                                 std::size_t order, std::size_t stride) {
  std::vector<float> product;
  for (std::size_t row = 0; row < order; ++row) {
    for (std::size_t column = 0; column < order; ++column) {
      long sum = 0;
      for (std::size_t k = 0; k < order; ++k) {
        sum += static_cast<long>(left[row * stride + k]) *
               static_cast<long>(right[k * stride + column]);
      }
      product.push_back(static_cast<float>(sum));
    }
  }
  return product;
}

TEST(MatrixProduct, IsExactAlsoWhereThereAreSeveralBlocks) {
  for (const std::size_t order : {8U, 16U, 264U, 520U}) {
    std::vector<float> left(order * order);
    std::vector<float> right(order * order);
    counter_random random(order);
    for (float& each : left) each = static_cast<float>(random.below(17)) - 8;
    for (float& each : right) each = static_cast<float>(random.below(17)) - 8;
    std::vector<float> product(order * order, 99.0F);  // what was there does not count
    matrix_product(left, right, product, order);
    EXPECT_EQ(product, exact_product(left, right, order, order)) << order;
  }
}

TEST(Matmul, AnswersTheExactProductOfAnyOrderInBothColours) {
  for (const std::size_t order : {1U, 3U, 8U, 13U, 128U}) {
    opened_workload workload("matmul", of_size(static_cast<double>(order)));
    const auto left = view_as<float>(workload.input(5));
    const auto right = view_as<float>(dataset_parts(workload.dataset())[1]);
    const buffer answer = workload.answer(5);
    const auto product = view_as<float>(answer);
    EXPECT_EQ(std::vector<float>(product.begin(), product.end()),
              exact_product(left, right, order, padded_order(order)))
        << order;
    EXPECT_EQ(answer, workload.async_answer(5));
  }
}

TEST(Matmul, GivesTheSameBytesWhateverTheCompiler) {
  opened_workload workload("matmul", quick_options());
  digest all = 0;
  for (std::uint64_t i = 0; i < 16; ++i) all = mix64(all ^ digest_of(workload.answer(i)));
  EXPECT_EQ(all, 7558073017644771124U);
}

TEST(Matmul, ElementsAreSmallWholeNumbersOfEitherSign) {
  const opened_workload workload("matmul", quick_options());
  float least = 0;
  float most = 0;
  for (const float each : view_as<float>(workload.input(0))) {
    EXPECT_EQ(each, static_cast<float>(static_cast<int>(each)));
    least = std::min(least, each);
    most = std::max(most, each);
  }
  EXPECT_EQ(least, -8.0F);
  EXPECT_EQ(most, 8.0F);
}

}  // namespace
}  // namespace regatta::test
