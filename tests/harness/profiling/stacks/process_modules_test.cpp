// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/process_modules.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace regatta::profiling {
namespace {

TEST(ProcessModules, NoticePagesThatBecomeCodeAsThoseOfCompilersAtRunTime) {
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const page =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  process_modules modules(::getpid());
  ASSERT_EQ(::mprotect(page, size, PROT_READ | PROT_EXEC), 0);
  const auto address = reinterpret_cast<std::uint64_t>(page);
  EXPECT_FALSE(modules.range_at(address)->executable);
  EXPECT_TRUE(modules.is_code(address));
  EXPECT_FALSE(modules.is_code(8));
  ::munmap(page, size);
}

}  // namespace
}  // namespace regatta::profiling
