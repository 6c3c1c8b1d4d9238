// SPDX-License-Identifier: Apache-2.0
#include "harness/profiling/process_map.hpp"

#include <gtest/gtest.h>

namespace regatta::profiling {
namespace {

constexpr const char* text =
    "00400000-0041f000 r--p 00000000 fe:01 77                         /usr/bin/a program\n"
    "0041f000-006d2000 r-xp 0001f000 fe:01 77                         /usr/bin/a program\n"
    "006d2000-006d3000 rw-p 00000000 00:00 0 \n"
    "006d3000-006d4000 rw-p 002d2000 fe:01 77                         /usr/bin/a program\n"
    "01fc1000-01fe2000 rw-p 00000000 00:00 0                          [heap]\n"
    "7f0000000000-7f0000001000 r--p 00000000 fe:01 78                 /srv/data\n"
    "7f0000002000-7f0000003000 r-xp 00000000 fe:01 79                 /lib/x.so (deleted)\n"
    "7f0000003000-7f0000004000 r-xp 00000000 fe:01 79                 /lib/x.so (deleted)\n"
    "not a line\n"
    "7ffd5b5f6000-7ffd5b5f8000 r-xp 00000000 00:00 0                  [vdso]\n";

TEST(ProcessMap, HasALineARange) {
  const auto ranges = parse_process_map(text);
  ASSERT_EQ(ranges.size(), 9U);
  const mapped_range code{.begin = 0x41f000,
                          .end = 0x6d2000,
                          .offset = 0x1f000,
                          .inode = 77,
                          .device = "fe:01",
                          .path = "/usr/bin/a program",
                          .executable = true,
                          .deleted = false};
  EXPECT_EQ(ranges[1], code);
  EXPECT_TRUE(ranges[6].deleted);
  EXPECT_EQ(ranges[6].path, "/lib/x.so");
}

TEST(ProcessMap, HasAModuleForEachFileWithCodeAndForTheVdso) {
  const auto modules = modules_of(parse_process_map(text));
  ASSERT_EQ(modules.size(), 4U);
  EXPECT_EQ(modules[0].first.begin, 0x400000U);
  EXPECT_EQ(modules[0].end, 0x6d4000U);
  EXPECT_EQ(modules[1].end, 0x7f0000003000U);  // loaded twice
  EXPECT_EQ(modules[2].first.begin, 0x7f0000003000U);
  EXPECT_EQ(modules[3].first.path, "[vdso]");
  EXPECT_TRUE(modules_of({}).empty());
}

// As node does with its built-in functions.
TEST(ProcessMap, KnowsCodeThatIsMappedASecondTime) {
  const auto ranges = parse_process_map(
      "00400000-00500000 r--p 00000000 fe:01 77 /usr/bin/node\n"
      "00500000-00900000 r-xp 00100000 fe:01 77 /usr/bin/node\n"
      "7f0000200000-7f0000300000 r-xp 00200000 fe:01 77 /usr/bin/node\n"
      "7f0000300000-7f0000400000 r-xp 00200000 fe:01 78 /usr/bin/other\n");
  const auto modules = modules_of(ranges);
  ASSERT_EQ(modules.size(), 1U);
  EXPECT_EQ(modules[0].end, 0x900000U);
  EXPECT_EQ(twin_of(ranges, modules, ranges[2]), &ranges[1]);
  EXPECT_EQ(twin_of(ranges, modules, ranges[3]), nullptr);
}

}  // namespace
}  // namespace regatta::profiling
