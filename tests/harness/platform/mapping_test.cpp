// SPDX-License-Identifier: Apache-2.0
#include "harness/platform/mapping.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "harness/platform/child_process.hpp"
#include "tests/support/sanitizers.hpp"

namespace regatta {
namespace {

TEST(SharedMapping, IsZeroedAndOfTheSizeAskedFor) {
  const shared_mapping mapping(10'000);
  ASSERT_EQ(mapping.bytes().size(), 10'000U);
  EXPECT_TRUE(std::all_of(mapping.bytes().begin(), mapping.bytes().end(),
                          [](std::byte byte) { return byte == std::byte{0}; }));
}

TEST(SharedMapping, OfNothingIsEmpty) {
  EXPECT_TRUE(shared_mapping().bytes().empty());
  EXPECT_TRUE(shared_mapping(0).bytes().empty());
}

TEST(SharedMapping, WhatAForkedChildWritesIsSeenHere) {
  const shared_mapping mapping(4096);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    mapping.bytes()[17] = std::byte{42};
    ::_exit(0);
  }
  wait_child(child, true);
  EXPECT_EQ(mapping.bytes()[17], std::byte{42});
}

TEST(SharedMapping, NoPageFaultIsLeftForLater) {
  if (test::sanitized) GTEST_SKIP() << "a sanitizer's shadow memory faults, too";
  const shared_mapping mapping(4U << 20U);
  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_SELF, &before);
  for (std::size_t i = 0; i < mapping.bytes().size(); i += 4096) mapping.bytes()[i] = std::byte{1};
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_minflt - before.ru_minflt, 50) << "of 1,024 pages";
}

TEST(SharedMapping, MovesWithoutMovingTheBytes) {
  shared_mapping first(4096);
  first.bytes()[0] = std::byte{7};
  const std::byte* const place = first.bytes().data();
  shared_mapping second(std::move(first));
  EXPECT_TRUE(first.bytes().empty());  // NOLINT(bugprone-use-after-move)
  shared_mapping third;
  third = std::move(second);
  EXPECT_EQ(third.bytes().data(), place);
  EXPECT_EQ(third.bytes()[0], std::byte{7});
}

TEST(SharedMapping, MoreThanTheMachineCanMapIsASystemError) {
  EXPECT_THROW(shared_mapping(std::size_t{1} << 62U), std::system_error);
}

}  // namespace
}  // namespace regatta
