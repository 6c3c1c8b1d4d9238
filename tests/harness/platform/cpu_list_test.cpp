// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/cpu_list.hpp"

#include <gtest/gtest.h>

namespace regatta {
namespace {

using cpus = std::vector<int>;

TEST(CpuList, RangesAndSinglesAreReadInOrder) {
  EXPECT_EQ(parse_cpu_list("0-3,8,10-11\n"), (cpus{0, 1, 2, 3, 8, 10, 11}));
  EXPECT_EQ(parse_cpu_list("0\n"), cpus{0});
}

TEST(CpuList, NonsenseIsLeftOutAndCannotFillTheMemory) {
  EXPECT_EQ(parse_cpu_list(""), cpus{});
  EXPECT_EQ(parse_cpu_list("\n"), cpus{});
  EXPECT_EQ(parse_cpu_list("a,1,-2,5-,7-6"), (cpus{1, 5}));
  EXPECT_EQ(parse_cpu_list("0-2147483647"), cpus{});
}

}  // namespace
}  // namespace regatta
