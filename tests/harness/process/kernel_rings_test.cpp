// SPDX-License-Identifier: Apache-2.0
#include "harness/process/kernel_rings.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

namespace regatta::test {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

std::size_t bytes_taken(const kernel_rings& rings) {
  struct stat about {};
  ::fstat(rings.file(), &about);
  return static_cast<std::size_t>(about.st_blocks) * 512;
}

TEST(KernelRings, SlotsAndMailboxesLieApart) {
  const kernel_rings rings({.workers = 3, .slots = 2, .slot_bytes = 5000});
  EXPECT_GE(rings.shape().slot_bytes, 5000U);
  for (unsigned worker = 0; worker < 3; ++worker) {
    for (unsigned slot = 0; slot < 2; ++slot) {
      std::ranges::fill(rings.slot(worker, slot), static_cast<std::byte>(10 * worker + slot + 1));
    }
  }
  for (unsigned worker = 0; worker < 3; ++worker) {
    EXPECT_TRUE(rings.box(worker).requests.empty()) << "not written over by a slot";
    EXPECT_TRUE(rings.box(worker).replies.empty());
    for (unsigned slot = 0; slot < 2; ++slot) {
      const auto whole = rings.slot(worker, slot);
      const auto expected = static_cast<std::byte>(10 * worker + slot + 1);
      EXPECT_EQ(std::ranges::count(whole, expected), static_cast<std::ptrdiff_t>(whole.size()));
    }
  }
}

TEST(KernelRings, BothSidesSeeTheSame) {
  const kernel_rings ours({.workers = 2, .slots = 1, .slot_bytes = 64});
  const kernel_rings theirs(ours.file(), ours.shape());
  ours.box(1).requests.push({7, 8, 0});
  ASSERT_NE(theirs.box(1).requests.front(), nullptr);
  EXPECT_EQ(theirs.box(1).requests.front()->kernel, 7U);
  EXPECT_TRUE(theirs.box(0).requests.empty());
  ours.clear(1);
  EXPECT_TRUE(kernel_rings(ours.file(), ours.shape()).box(1).requests.empty());
}

TEST(KernelRings, LargeSlotsTakeMemoryOnlyWhereTheyAreTouchedAndGiveItBack) {
  const kernel_rings rings({.workers = 4, .slots = 4, .slot_bytes = 64 * mebibyte});
  EXPECT_LT(bytes_taken(rings), mebibyte) << "of a gibibyte";
  std::ranges::fill(rings.slot(2, 1).first(8 * mebibyte), std::byte{1});
  EXPECT_GE(bytes_taken(rings), 8 * mebibyte);
  rings.release_pages(2, 1);
  EXPECT_LT(bytes_taken(rings), 2 * mebibyte);
  EXPECT_EQ(rings.slot(2, 1).front(), std::byte{1}) << "the beginning is kept";
}

}  // namespace
}  // namespace regatta::test
